import { spawnSync } from 'node:child_process';

/** As in docker-compose.yml. */
const IMAGE = 'eventstore/eventstore:24.10.5';
const START_MS = 120_000;

/** A real EventStoreDB for the suites that want one. */
export interface RealServer {
  readonly connectionString: string;
  stop(): Promise<void>;
}

/** How a real server can be had here: one that runs already, one that Docker starts, or not at all. */
export function realServerBy(): 'EVENTSTORE_URL' | 'docker' | undefined {
  if (process.env.EVENTSTORE_URL) return 'EVENTSTORE_URL';
  return spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0 ? 'docker' : undefined;
}

/** Starts one, or says where the one is that `EVENTSTORE_URL` names. Only where `realServerBy` answers something. */
export async function startRealServer(): Promise<RealServer> {
  const connectionString = process.env.EVENTSTORE_URL;
  if (connectionString) return { connectionString, stop: async () => undefined };
  return startContainer();
}

interface Container {
  getHost(): string;
  getMappedPort(port: number): number;
  stop(): Promise<unknown>;
}

/** Not a dependency, so not by its name in an import: its own are many, and useless without Docker. */
const TESTCONTAINERS: string = 'testcontainers';

/** What is used of testcontainers 11.14.0. */
interface Testcontainers {
  readonly GenericContainer: new (image: string) => {
    withExposedPorts(port: number): ReturnType<Testcontainers['builder']>;
  };
  readonly Wait: { forHttp(path: string, port: number): { forStatusCode(code: number): unknown } };
  builder(): {
    withEnvironment(environment: Record<string, string>): ReturnType<Testcontainers['builder']>;
    withWaitStrategy(strategy: unknown): ReturnType<Testcontainers['builder']>;
    withStartupTimeout(ms: number): ReturnType<Testcontainers['builder']>;
    start(): Promise<Container>;
  };
}

async function startContainer(): Promise<RealServer> {
  const { GenericContainer, Wait } = requireTestcontainers();
  const container = await new GenericContainer(IMAGE)
    .withExposedPorts(2113)
    .withEnvironment({
      EVENTSTORE_INSECURE: 'true',
      EVENTSTORE_CLUSTER_SIZE: '1',
      EVENTSTORE_RUN_PROJECTIONS: 'None',
      EVENTSTORE_MEM_DB: 'true',
    })
    .withWaitStrategy(Wait.forHttp('/health/live', 2113).forStatusCode(204))
    .withStartupTimeout(START_MS)
    .start();
  const connectionString = `esdb://${container.getHost()}:${container.getMappedPort(2113)}?tls=false`;
  return { connectionString, stop: async () => void (await container.stop()) };
}

function requireTestcontainers(): Testcontainers {
  try {
    return require(TESTCONTAINERS) as Testcontainers;
  } catch (error) {
    const how = 'npm install --no-save testcontainers@11.14.0';
    throw new Error(`Docker runs here but testcontainers is not installed: ${how}, or name a server with EVENTSTORE_URL`, { cause: error });
  }
}
