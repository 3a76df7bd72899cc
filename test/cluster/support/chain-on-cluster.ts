import { setTimeout as sleep } from 'node:timers/promises';
import { ChainUnderTest } from '../../support/chain-under-test';
import { type Answer, HttpClient, type Send, type Streamed } from '../../support/http-client';
import type { ServiceProcess } from './service-process';
import { type ClusterClient, type ClusterOptions, TestCluster } from './test-cluster';

const TIER_MS_MAX = 60_000;
const TIER_QUERY = /^\/v1\/(digest|pyramid)/;

/**
 * Asks as those do who want to know how it ends: figures of loyalty-tier include everything acknowledged so far, and are asked for again
 * while the answer is that they cannot be had at the moment.
 */
class PatientClient extends HttpClient {
  constructor(private readonly client: ClusterClient) {
    super(client.url, client.token);
  }

  override async send<Body = never>(path: string, how?: Send): Promise<Answer<Body>> {
    if (!TIER_QUERY.test(path)) return this.client.send<Body>(path, how);
    const including = `${path}${path.includes('?') ? '&' : '?'}atLeast=${await this.client.head()}`;
    for (const deadline = Date.now() + TIER_MS_MAX; ; await sleep(100)) {
      const answer = await this.client.send<Body>(including, how).catch(() => undefined);
      if (answer && answer.status !== 503) return answer;
      if (Date.now() > deadline) throw new Error(`${including}: ${answer?.status ?? 'nobody listens'} ${answer?.text ?? ''}`);
    }
  }
}

/** A chain whose tills send to a cluster; everything that was acknowledged is checked by the reference, at every instance. */
export class ChainOnCluster {
  private constructor(
    readonly cluster: TestCluster,
    readonly chain: ChainUnderTest,
  ) {}

  /** Starts a cluster and registers the stores. */
  static async start(seed: number, options: ClusterOptions = {}): Promise<ChainOnCluster> {
    const cluster = await TestCluster.start(options);
    const started = new ChainOnCluster(cluster, new ChainUnderTest(seed));
    await started.telling(() => started.chain.registerStores(started.served()));
    return started;
  }

  get purchase(): ServiceProcess {
    return this.cluster.purchase;
  }

  /** The services together; tiers are asked of the given instance. */
  served(instance = 0): { readonly http: HttpClient } {
    return { http: new PatientClient(this.cluster.client(instance)) };
  }

  /** Streams so many new items, shuffled and with repeats. Answers what came back until the stream ended, or was cut. */
  ingest(count: number, onResults?: (soFar: number) => void): Promise<Streamed> {
    return this.chain.ingest(this.served(), count, onResults);
  }

  /** Sends again what was not answered, and checks all that must hold: at every instance, or at the given ones. */
  async settle(instances: readonly number[] = [...this.cluster.loyaltyTier.keys()]): Promise<void> {
    await this.telling(async () => {
      await this.chain.resend(this.served());
      for (const instance of instances) await this.chain.verify(this.served(instance));
      await this.chain.countsAgree(this.served());
    });
  }

  /** Waits until an instance owns partitions. */
  async owning(instance: number): Promise<void> {
    const { tiers } = this.cluster.client(instance);
    for (const deadline = Date.now() + TIER_MS_MAX; ; await sleep(100)) {
      const status = await tiers.get<{ instance: { partitions: readonly unknown[] } }>('/v1/status').catch(() => undefined);
      if (status && status.instance.partitions.length > 0) return;
      if (Date.now() > deadline) throw new Error(`Instance ${instance} owns nothing: ${this.cluster.output()}`);
    }
  }

  /** Adds to an error what the services wrote. */
  async telling<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof Error) error.message += `\n${this.cluster.output()}`;
      throw error;
    }
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}

/** Kills a service that still runs, and starts it again with other settings for this one life; waits until it is ready. */
export async function relaunch(process: ServiceProcess, more: Readonly<Record<string, string>> = {}): Promise<void> {
  if (process.lives) await process.kill();
  process.launch(more);
  await process.untilReady();
}
