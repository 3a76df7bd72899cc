import { setTimeout as sleep } from 'node:timers/promises';
import { History, type Item } from '../../support/receipts';
import type { ServiceProcess } from './service-process';
import type { TestCluster } from './test-cluster';

const PAUSE_MS = 50;
const GOES_ON_MS_MAX = 60_000;

/**
 * Tills that send one receipt after the other, each until it is acknowledged, and screens that ask whichever instance says it is ready,
 * as a load balancer would. Answers that must not be are kept: all but success and 503 with Retry-After. A refused or broken connection
 * is no answer.
 */
export class Load {
  /** What was acknowledged, in the order of its acknowledgement. */
  readonly acknowledged: Item[] = [];
  readonly wrong: string[] = [];
  /** Requests that were put off: 503, or nobody there. */
  putOff = 0;
  /** Pyramids shown. */
  shown = 0;
  /** What the last request that was put off was told. */
  private last = '';
  private going = true;
  private readonly loops: Promise<void>[];

  private constructor(
    private readonly cluster: TestCluster,
    tills: number,
  ) {
    this.loops = [...Array.from({ length: tills }, (_, till) => this.till(till)), this.screen()];
  }

  /** Starts tills and one screen. */
  static start(cluster: TestCluster, tills = 3): Load {
    return new Load(cluster, tills);
  }

  /** Resolves when so many more receipts have been acknowledged, and a pyramid has been shown, since it was asked. */
  async goesOn(receipts = 10): Promise<void> {
    const [sent, shown] = [this.acknowledged.length, this.shown];
    for (const deadline = Date.now() + GOES_ON_MS_MAX; this.acknowledged.length < sent + receipts || this.shown === shown;) {
      const { putOff, wrong } = this;
      if (Date.now() > deadline)
        throw new Error(
          `It does not go on: ${JSON.stringify({ acknowledged: this.acknowledged.length - sent, shown: this.shown - shown, putOff, last: this.last, wrong })}`,
        );
      await sleep(PAUSE_MS);
    }
  }

  /** Ends it; what is under way is acknowledged first. */
  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.loops);
  }

  private async till(till: number): Promise<void> {
    const history = new History(1_000 + till, `till-${till}-`);
    const { url, token } = this.cluster.client();
    while (this.going) {
      const items = history.items(20).filter(({ kind, of }) => kind === undefined && of === undefined);
      for (const item of items) {
        if (this.going) await this.send(url, token, item);
      }
    }
  }

  private async send(url: string, token: string, item: Item): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (;;) {
      const answer = await this.ask(`${url}/v1/purchases`, { method: 'POST', headers, body: JSON.stringify(item) });
      if (answer?.ok) return void this.acknowledged.push(item);
      await sleep(PAUSE_MS);
    }
  }

  private async screen(): Promise<void> {
    const { token } = this.cluster.client();
    for (let turn = 0; this.going; turn++) {
      const ready: ServiceProcess[] = [];
      for (const instance of this.cluster.loyaltyTier) if ((await instance.readiness()).status === 200) ready.push(instance);
      const instance = ready[turn % ready.length];
      const answer = instance && (await this.ask(`${instance.url}/v1/pyramid`, { headers: { authorization: `Bearer ${token}` } }));
      if (answer?.ok) this.shown++;
      await sleep(PAUSE_MS);
    }
  }

  /** Answers undefined where it is put off; notes what is neither that nor a success. */
  private async ask(url: string, how: RequestInit): Promise<Response | undefined> {
    const answer = await fetch(url, how).catch(() => undefined);
    const text = await answer?.text().catch(() => undefined);
    const isPutOff = text === undefined || (answer?.status === 503 && answer.headers.has('retry-after'));
    if (isPutOff) [this.putOff, this.last] = [this.putOff + 1, `${url}: ${text ?? 'no answer'}`];
    else if (!answer?.ok) this.wrong.push(`${how.method ?? 'GET'} ${new URL(url).pathname}: ${answer?.status} ${text}`);
    return isPutOff ? undefined : answer;
  }
}

/** Watches whether a service is ready; answers the statuses that followed each other, 0 where nobody listens, when asked to stop. */
export function watchReadiness(service: ServiceProcess): () => Promise<number[]> {
  const seen: number[] = [];
  let going = true;
  const loop = (async () => {
    while (going) {
      const { status } = await service.readiness();
      if (status !== seen.at(-1)) seen.push(status);
      await sleep(20);
    }
  })();
  return async () => {
    going = false;
    await loop;
    return seen;
  };
}
