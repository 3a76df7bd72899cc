import type { Projector } from '../projections/projector';
import type { LiveProjection } from './live-projection';

/** Canonical digests of two versions at one position of the log. */
export type ComparedDigests = {
  readonly digestLive: string;
  readonly digestReplayed: string;
  readonly digestsEqual: boolean;
};

/**
 * Stops both versions, brings them to the same position of the log, exact on every source, and digests them. Leaves both stopped; the
 * live one goes on where that fails.
 */
export async function compareVersions(live: LiveProjection, candidate: Projector<unknown>): Promise<ComparedDigests> {
  try {
    await live.live.stop();
    await candidate.stop();
    await bringTogether(live.live, candidate);
    const digestLive = await live.live.content.digest();
    const digestReplayed = await candidate.content.digest();
    return { digestLive, digestReplayed, digestsEqual: digestLive === digestReplayed };
  } catch (error) {
    live.start();
    throw error;
  }
}

async function bringTogether(ours: Projector<unknown>, theirs: Projector<unknown>): Promise<void> {
  const [one, other] = [(await ours.furthest()) ?? '', (await theirs.furthest()) ?? ''];
  const position = one < other ? other : one;
  await ours.advanceTo(position);
  await theirs.advanceTo(position);
}
