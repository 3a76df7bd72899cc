import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error';
import { configurationReference } from './configuration-reference';
import { type ConfigurationSources, loadConfiguration } from './load-configuration';
import { settingList } from './setting-list';

describe('configuration', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'regulars-configuration-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (text: string, name = 'regulars.yaml'): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const failure = (sources: ConfigurationSources): ConfigurationError => {
    try {
      loadConfiguration(sources);
    } catch (error) {
      if (error instanceof ConfigurationError) return error;
      throw error;
    }
    throw new Error('The configuration was taken');
  };

  it('has a default for everything', () => {
    expect(loadConfiguration()).toMatchObject({
      dataDir: 'data',
      chain: { id: 'main', currency: 'EUR' },
      intake: { claimWindowDays: 30, futureToleranceMinutes: 1_440 },
      http: { host: '127.0.0.1', port: 7_171 },
      logging: { level: 'info' },
      shutdown: { deadlineSeconds: 20 },
    });
  });

  it.each([
    ['.p6,.p6', 'twice'],
    ['.p6,.now', 'relayed anyway'],
    ['.a,.b,.c,.d,.e', 'at most four'],
    ['.p 6', 'at most four'],
  ])('refuses further sets of topics that cannot be filled: %s', (alsoRelayTo, words) => {
    const error = failure({ overrides: { kafka: { topicSuffix: '.now', alsoRelayTo } } });
    expect(error.message).toMatch(new RegExp(`kafka\\.alsoRelayTo.*${words}`));
    expect(loadConfiguration({ overrides: { kafka: { alsoRelayTo: '.p6,.p9' } } }).kafka.alsoRelayTo).toBe('.p6,.p9');
  });

  it('lets overrides win over the environment, and that over the file', () => {
    file('chain: { id: from-file, currency: CNY }\nhttp: { port: 1, host: file }\nintake: { claimWindowDays: 7 }\n');
    const configuration = loadConfiguration({
      environment: { REGULARS_DATA_DIR: folder, REGULARS_HTTP_PORT: '2', REGULARS_HTTP_HOST: 'environment', PATH: '/bin' },
      overrides: { http: { port: 3, host: undefined } },
    });
    expect(configuration).toMatchObject({
      chain: { id: 'from-file', currency: 'CNY' },
      http: { port: 3, host: 'environment' },
      intake: { claimWindowDays: 7 },
    });
  });

  it('reads JSON, an empty file, and the file that REGULARS_CONFIG names', () => {
    expect(loadConfiguration({ file: file('{"http": {"port": 5}}', 'a.json') }).http.port).toBe(5);
    expect(loadConfiguration({ file: file('# nothing yet\n') }).http.port).toBe(7_171);
    expect(loadConfiguration({ environment: { REGULARS_CONFIG: file('http: {port: 6}', 'b.yaml') } }).http.port).toBe(6);
  });

  it('names everything that is wrong at once, with its source and kind, and no value', () => {
    const path = file('http: { port: hush-1, speed: hush-2 }\nchain: hush-3\nlogging: { level: [hush-4] }\n');
    const error = failure({
      file: path,
      environment: { REGULARS_HTTP_BODY_BYTES_MAX: 'hush-5', REGULARS_HTPP_PORT: 'hush-6', REGULARS_INTAKE_CLAIM_WINDOW_DAYS: '-1' },
      overrides: { shutdown: { deadlineSeconds: 0 } },
    });
    expect(error.problems.map(({ key, source, kind }) => [key, source, kind]).sort()).toEqual(
      [
        ['REGULARS_HTPP_PORT', 'environment', 'text'],
        ['chain', path, 'text'],
        ['http.bodyBytesMax', 'environment', 'text'],
        ['http.port', path, 'text'],
        ['http.speed', path, 'text'],
        ['intake.claimWindowDays', 'environment', 'number'],
        ['logging.level', path, 'list'],
        ['shutdown.deadlineSeconds', 'command line', 'number'],
      ].sort(),
    );
    expect(error.message.split('\n')).toHaveLength(1 + error.problems.length);
    expect(error.message).not.toContain('hush');
  });

  it.each([
    ['text that is no YAML', 'http: {port: hush', 'line 1'],
    ['a key twice', 'chain: {id: hush}\nchain: {id: hush}', 'line 2'],
    ['a list', '- hush', '(whole file)'],
    ['prototypes', '__proto__: { hush: 1 }', '__proto__'],
  ])('refuses %s', (_, text, key) => {
    const error = failure({ file: file(text) });
    expect(error.problems.map((problem) => problem.key)).toContain(key);
    expect(error.message).not.toContain('hush');
    expect(({} as Record<string, unknown>)['hush']).toBeUndefined();
  });

  it('knows the servers of separate services, and never says their secrets', () => {
    const environment = {
      REGULARS_KAFKA_BROKERS: 'one:9092,two:9092',
      REGULARS_KAFKA_TLS: 'true',
      REGULARS_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      REGULARS_KAFKA_USERNAME: 'u',
      REGULARS_KAFKA_PASSWORD: 'hidden-one',
      REGULARS_MONGODB_URL: 'mongodb://u:hidden-two@m:27017/?tls=true',
      REGULARS_MONGODB_BULK_WRITES_MAX: '32',
      REGULARS_EVENT_STORE_URL: 'esdb+discover://u:hidden-three@e:2113',
    };
    expect(loadConfiguration({ environment })).toMatchObject({
      kafka: { brokers: 'one:9092,two:9092', tls: true, saslMechanism: 'scram-sha-512', username: 'u', password: 'hidden-one' },
      mongodb: { database: 'regulars', bulkWritesMax: 32 },
      eventStore: { url: environment.REGULARS_EVENT_STORE_URL },
    });
    const error = failure({
      environment: {
        ...environment,
        REGULARS_KAFKA_BROKERS: 'u:hidden-four@one:9092',
        REGULARS_KAFKA_TLS: 'yes',
        REGULARS_KAFKA_PASSWORD: '',
        REGULARS_MONGODB_URL: 'postgres://u:hidden-two@m',
        REGULARS_EVENT_STORE_URL: 'esdb://u:hidden-three@e:2113/a b',
        REGULARS_INTAKE_TOPIC_STORES: 's1,,s2',
      },
    });
    const keys = ['eventStore.url', 'intake.topicStores', 'kafka.brokers', 'kafka.tls', 'mongodb.url'];
    expect(error.problems.map(({ key }) => key).sort()).toEqual(keys);
    expect(error.message).not.toContain('hidden');
    const noPassword = failure({ environment: { ...environment, REGULARS_KAFKA_PASSWORD: '' } });
    expect(noPassword.problems).toMatchObject([{ key: 'kafka.saslMechanism', reason: 'needs kafka.username and kafka.password' }]);
  });

  it('refuses a named file that is not there', () => {
    expect(failure({ file: join(folder, 'missing.yaml') }).problems).toEqual([
      expect.objectContaining({ reason: 'cannot be read (ENOENT)' }),
    ]);
  });

  it("lets the command line's variables and named others pass", () => {
    const environment = { REGULARS_URL: 'x', REGULARS_TOKEN: 'y', REGULARS_OTHER: 'z' };
    expect(failure({ environment }).problems.map((problem) => problem.key)).toEqual(['REGULARS_OTHER']);
    expect(() => loadConfiguration({ environment, ignoredVariables: ['REGULARS_OTHER'] })).not.toThrow();
  });

  it('has a reference of every setting, with variable, default and meaning', () => {
    const reference = configurationReference();
    expect(reference).toContain('| `http.bodyBytesMax` | `REGULARS_HTTP_BODY_BYTES_MAX` | `16777216` |');
    expect(reference.trim().split('\n')).toHaveLength(2 + settingList.length);
    for (const setting of settingList) {
      expect(setting.meaning).not.toBe('');
      expect(setting.default).toBeDefined();
    }
  });
});
