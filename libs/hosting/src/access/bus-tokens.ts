import { setTimeout as delay } from 'node:timers/promises';
import { ACCESS_TOKENS_TOPIC, accessTokenChangedV1, type TokenChange } from '@regulars/contracts';
import type { Position } from '@regulars/kernel';
import type { Consumption, DeliveredMessage, EventBus } from '@regulars/ports';
import { type Authenticator, type CheckResult, type Principal, type Role, roles, secretMatches } from '@regulars/runtime';
import { parseToken } from './token-text';

/** What the tokens are followed with. */
export interface BusTokensOptions {
  readonly bus: Pick<EventBus, 'consume'>;
  /** A group of this process alone: each must see every token. */
  readonly group: string;
  /** Told when following broke off, before it is taken up again. */
  readonly report: (reason: string) => void;
  /** Aborted where the process is to end before every token is known. */
  readonly stopping?: AbortSignal | undefined;
  /** Pause after a break-off, in milliseconds; doubled up to its maximum. Default 100 to 5,000. */
  readonly pauseMs?: { readonly min: number; readonly max: number };
}

interface Entry {
  readonly granted: NonNullable<TokenChange['granted']> | undefined;
  readonly revoked: boolean;
}

/** More than any chain has; beyond it a process must not grow on. */
const TOKENS_MAX = 1_000_000;

/**
 * All tokens in memory, from the topic where the service that issues them says so. A token is good only where its issue has been seen
 * and no revocation has, in whatever order they came. While the bus is away, what is known stays good, and the process is not ready.
 */
export class BusTokens implements Authenticator {
  private readonly entries = new Map<string, Entry>();
  private readonly positions = new Map<string, Position>();
  private consumption: Consumption | undefined;
  private closing = new AbortController();
  private following = false;
  private loop: Promise<void> = Promise.resolve();

  private constructor(private readonly options: BusTokensOptions) {}

  /** Reads the topic from its beginning; resolves when every token issued so far is known. Rejects only where it is stopped before. */
  static async open(options: BusTokensOptions): Promise<BusTokens> {
    const tokens = new BusTokens(options);
    await new Promise<void>((resolve, reject) => {
      const stop = () => void tokens.close().then(() => reject(new Error('Stopped before every token was known')));
      options.stopping?.addEventListener('abort', stop, { once: true });
      if (options.stopping?.aborted) return stop();
      tokens.loop = tokens.follow(() => {
        options.stopping?.removeEventListener('abort', stop);
        resolve();
      });
    });
    return tokens;
  }

  authenticate(text: string): Principal | undefined {
    const parsed = parseToken(text);
    const entry = parsed && this.entries.get(parsed.tokenId);
    if (!parsed || !entry?.granted || !secretMatches(parsed.secret, entry.granted.secretHash) || entry.revoked) return undefined;
    const { role, stores, terminal } = entry.granted;
    if (!isRole(role)) return undefined;
    return { tokenId: parsed.tokenId, role, stores, ...(terminal === null ? {} : { terminal }) };
  }

  /** For readiness: not fine while revocations may be missed. */
  readonly check = (): CheckResult => (this.following ? { ok: true } : { ok: false, reason: 'tokens do not follow the bus now' });

  /** Stops following. Safe to call twice. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.consumption?.close().catch(() => undefined);
    await this.loop;
  }

  private async follow(caughtUp: () => void): Promise<void> {
    const { bus, group, report, pauseMs = { min: 100, max: 5_000 } } = this.options;
    const { signal } = this.closing;
    let pause = pauseMs.min;
    while (!signal.aborted) {
      try {
        this.consumption = bus.consume({
          group,
          topics: [ACCESS_TOKENS_TOPIC],
          // Asked anew each time: what was read before a break-off need not come again.
          from: async () => Object.fromEntries(this.positions),
          onBatch: async (messages, upTo) => {
            for (const message of messages) this.learn(message);
            for (const [source, position] of Object.entries(upTo)) this.positions.set(source, position);
          },
          onCaughtUp: () => {
            this.following = true;
            pause = pauseMs.min;
            caughtUp();
          },
        });
        if (signal.aborted) await this.consumption.close();
        await this.consumption.ended;
      } catch (error) {
        if (!signal.aborted) report(error instanceof Error ? error.message : String(error));
      }
      this.following = false;
      await delay(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, pauseMs.max);
    }
  }

  /** A change that cannot be understood may have been a revocation: the token it is about is good for nothing from then on. */
  private learn({ type, key, data }: DeliveredMessage): void {
    const change = type === accessTokenChangedV1.type ? accessTokenChangedV1.schema.safeParse(data) : undefined;
    const { tokenId, granted, revokedAt } = change?.data ?? { tokenId: key, granted: null, revokedAt: '' };
    if (!change?.success) this.options.report('a change of a token was not understood; that token is not taken any more');
    const known = this.entries.get(tokenId);
    if (!known && this.entries.size >= TOKENS_MAX) throw new Error(`There are more than ${TOKENS_MAX} tokens`);
    this.entries.set(tokenId, { granted: granted ?? known?.granted, revoked: revokedAt !== null || (known?.revoked ?? false) });
  }
}

function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}
