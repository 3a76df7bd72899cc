import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpProxy } from '@regulars/testing';
import { ChainOnCluster } from './support/chain-on-cluster';
import { documentsBehindProxy, KafkaOfItsOwn } from './support/engines-of-its-own';
import { RecordsOfTopic } from './support/records-of-topic';
import type { ServiceProcess } from './support/service-process';
import { engines } from './support/test-cluster';

const SEED = Number(process.env.REGULARS_SEED ?? 20_240_401);
const AWAY_SECONDS = Number(process.env.REGULARS_AWAY_SECONDS ?? 12);
const ITEMS = 30;
const MIB = 1_048_576;
/** A process without a leak swings by less, and one that keeps what cannot be written soon passes it. */
const GROWTH_MIB_MAX = 120;

/** Memory of a process as the kernel counts it. */
function residentMib({ pid }: ServiceProcess): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / MIB;
}

describe(`servers go away, hang, are slow and come back (seed ${SEED})`, () => {
  let kafka: KafkaOfItsOwn;
  let documents: TcpProxy;
  let running: ChainOnCluster;

  beforeAll(async () => {
    kafka = await KafkaOfItsOwn.start();
    const behind = await documentsBehindProxy();
    documents = behind.proxy;
    running = await ChainOnCluster.start(SEED, {
      engines: { brokers: kafka.proxy.address, mongodbUrl: engines().mongodbUrl },
      environment: { REGULARS_MONGODB_URL: behind.url },
    });
  }, 300_000);
  afterAll(async () => {
    documents?.pass();
    kafka?.proxy.pass();
    await running?.close();
    await documents?.close();
    await kafka?.close();
  });

  const services = () => [running.purchase, ...running.cluster.loyaltyTier];

  /** Waits until each says that it is not ready, and names what is missing. */
  async function notReady(processes: readonly ServiceProcess[], missing: string): Promise<void> {
    for (const process of processes) {
      await process.untilReady(false);
      const { status, checks } = await process.readiness();
      expect([status, Object.keys(checks)]).toEqual([503, expect.arrayContaining([missing])]);
      expect(checks[missing]).not.toBe('ok');
    }
  }

  /** The tills are answered, every line. */
  async function tillsAreAnswered(items = ITEMS): Promise<void> {
    const { cut, problem } = await running.ingest(items);
    expect([cut, problem]).toEqual([false, undefined]);
  }

  async function healed(): Promise<void> {
    await Promise.all(services().map((process) => process.untilReady()));
    await running.settle();
  }

  it('the broker is killed under load and started again on its log directory', async () => {
    const streaming = running.ingest(4 * ITEMS);
    await kafka.kill();
    expect((await streaming).cut).toBe(false);
    await notReady(services(), 'Kafka');
    await tillsAreAnswered();
    await kafka.launch();
    await healed();
    await inOrder();
  });

  it('connections to the broker are cut, again and again', async () => {
    const streaming = running.ingest(4 * ITEMS);
    for (let time = 0; time < 5; time++) {
      await sleep(200);
      kafka.proxy.cut();
    }
    expect((await streaming).cut).toBe(false);
    await healed();
    await inOrder();
  });

  it('the broker is a black hole: tills are answered, readiness says so, and everything goes on afterwards', async () => {
    kafka.proxy.hold();
    await tillsAreAnswered();
    await notReady(services(), 'Kafka');
    kafka.proxy.pass();
    await healed();
    await inOrder();
  });

  it('the answers of the broker are lost', async () => {
    kafka.proxy.dropReplies();
    await tillsAreAnswered();
    await sleep(4_000);
    kafka.proxy.pass();
    await healed();
    await inOrder();
  });

  it('both servers are slow', async () => {
    kafka.proxy.slow(25);
    documents.slow(25);
    await tillsAreAnswered();
    await sleep(1_000);
    kafka.proxy.pass();
    documents.pass();
    await healed();
  });

  it(`the document store is away for ${AWAY_SECONDS} s: tills are answered, memory is bounded, nothing hangs`, async () => {
    const { purchase } = running;
    const before = services().map(residentMib);
    documents.refuse();
    const until = Date.now() + AWAY_SECONDS * 1_000;
    await notReady([purchase], 'MongoDB');
    do {
      await tillsAreAnswered(5);
      const grown = services().map((process, place) => residentMib(process) - (before[place] as number));
      expect(Math.max(...grown)).toBeLessThan(GROWTH_MIB_MAX);
      await sleep(1_000);
    } while (Date.now() < until);
    for (const path of ['/v1/intake/report', '/v1/stores', '/v1/quarantine?status=open', '/v1/status']) {
      const { status, text } = await running.cluster.client().send(path);
      if (![200, 503].includes(status)) throw new Error(`${path}: ${status} ${text}`);
    }
    documents.pass();
    await healed();
  });

  it('the document store is a black hole, then its answers are lost', async () => {
    documents.hold();
    await tillsAreAnswered();
    await sleep(3_000);
    documents.dropReplies();
    await tillsAreAnswered();
    await sleep(3_000);
    documents.pass();
    await healed();
  });

  /** Everything of the log is on the bus once, in the order of the log, as consumers see it. */
  async function inOrder(): Promise<void> {
    const seen = await RecordsOfTopic.read(running.cluster);
    expect(seen.problems()).toEqual([]);
  }
});
