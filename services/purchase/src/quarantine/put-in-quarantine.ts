import { type Causation, naturalId, type Refusal } from '@regulars/kernel';
import { handleCommands } from '@regulars/engine';
import type { EventStore } from '@regulars/ports';
import { type ItemFacts, factsOf, type IntakeItem } from '../intake/read-item';
import type { Prepared } from '../intake/prepare';
import { quarantine } from './decider';
import type { Quarantined } from './events';

/** Longest raw input kept, in characters; longer ones never get past the edge but cut. */
export const RAW_CHARACTERS_MAX = 262_144;

/** An item that was refused, with what is known of it. */
export interface RefusedItem {
  readonly place: number;
  readonly item: IntakeItem;
  readonly refusal: Refusal;
  /** Set where it was well-formed and refused by what is recorded already. */
  readonly prepared?: Prepared | undefined;
}

/** Keeps refused items durably; answers the entry's id by place. The same input again is the same entry, counted once more. */
export async function putInQuarantine(
  ports: { readonly chain: string; readonly eventStore: EventStore },
  refusedItems: readonly RefusedItem[],
  occurredAt: string,
  causation: Causation & { readonly record?: string | undefined },
): Promise<ReadonlyMap<number, string>> {
  const { correlationId, causationId, traceparent, record } = causation;
  const requests = refusedItems.map((refusedItem) => {
    const entry = { ...entryOf(ports.chain, refusedItem, occurredAt.slice(0, 10)), record };
    return {
      streamId: quarantineStream(entry.quarantineId),
      command: { type: 'quarantine' as const, occurredAt, entry },
      chain: ports.chain,
      store: entry.store,
      correlationId,
      causationId,
      traceparent,
    };
  });
  await handleCommands(ports.eventStore, quarantine, requests, { expectNew: true });
  return new Map(refusedItems.map(({ place }, index) => [place, requests[index]?.command.entry.quarantineId ?? '']));
}

/** The id of the entry an input has, or would have, in quarantine: the same input has the same. */
export function quarantineIdOf(chain: string, item: IntakeItem): string {
  return naturalId('quarantine', chain, factsOf(item).kind, rawOf(item));
}

/** The stream of an entry. */
export function quarantineStream(quarantineId: string): string {
  return `quarantine-${quarantineId}`;
}

function rawOf(item: IntakeItem): string {
  return item.raw().slice(0, RAW_CHARACTERS_MAX);
}

function entryOf(chain: string, { item, refusal, prepared }: RefusedItem, today: string): Quarantined {
  const raw = rawOf(item);
  const facts = factsOf(item);
  const { code, detail } = refusal;
  return {
    quarantineId: quarantineIdOf(chain, item),
    ...facts,
    code,
    detail,
    raw,
    day: prepared?.day ?? today,
    conflictsWith: code === 'purchase.conflict' ? prepared?.purchaseId : undefined,
    waitsFor: waitsFor(refusal, facts, prepared),
  };
}

/** What a refused item waits for, as `purchase:<id>` or `store:<id>`; undefined where nothing that may come would help. */
export function waitsFor({ code }: Refusal, { store }: ItemFacts, prepared: Prepared | undefined): string | undefined {
  if (code === 'store.unknown' && store !== undefined) return `store:${store}`;
  if (code !== 'purchase.unknown' || !prepared) return undefined;
  return (prepared.takeBack ?? prepared.step).streamId.replace(/^purchase-/, 'purchase:');
}
