import { asCliError, CliError, exitCodes } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import type { ServiceName } from '../platform-access/service-urls';
import { command, group, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface DeadLetter {
  readonly id: string;
  /** Who keeps it; absent where one process is the whole platform. */
  readonly service?: ServiceName;
  readonly consumer: string;
  readonly key: string;
  readonly type: string;
  readonly position: string;
  readonly reason: string;
  readonly parkedAt: string;
  readonly attempts: number;
}

interface Letters {
  readonly items: readonly DeadLetter[];
}

/** The letters of every service. Instances of one service keep theirs together, so the first that answers tells all. */
async function ofAllServices(api: ApiClient, query: { consumer: string | undefined }): Promise<Letters> {
  const lists = await Promise.all(
    api.services.map(async (service): Promise<DeadLetter[]> => {
      const urls = api.instances.filter((instance) => instance.service === service).map(({ url }) => url);
      const { items } = await firstAnswer(api, urls, (alone) => alone.get<Letters>('/v1/dead-letters', query), isUnreachable);
      return items.map((letter) => ({ ...letter, service }));
    }),
  );
  return { items: lists.flat() };
}

const isUnreachable = ({ exitCode }: CliError) => exitCode === exitCodes.unreachable;

/** Asks one process after the other as long as `isPassable` says that another may do better. Throws what the last one said. */
async function firstAnswer<T>(
  api: ApiClient,
  urls: readonly string[],
  ask: (alone: ApiClient) => Promise<T>,
  isPassable: (failure: CliError) => boolean,
): Promise<T> {
  let failure = new CliError(exitCodes.unreachable, 'There is nobody to ask');
  for (const url of urls) {
    const alone = api.at(url);
    try {
      return await ask(alone);
    } catch (error) {
      failure = asCliError(error);
      if (!isPassable(failure)) throw failure;
    } finally {
      alone.close();
    }
  }
  throw failure;
}

/** Only the process that owns what parked a letter can take it in again, so each is asked. */
async function redriveAnywhere(api: ApiClient, path: string): Promise<unknown> {
  let unreached: CliError | undefined;
  const isPassable = (failure: CliError) => {
    if (isUnreachable(failure)) unreached = failure;
    return isUnreachable(failure) || failure.code === 'dead-letter.not-found';
  };
  const urls = api.instances.map(({ url }) => url);
  return firstAnswer(api, urls, (alone) => alone.post<unknown>(path), isPassable).catch((error: unknown) => {
    throw unreached ?? error;
  });
}

const list = () =>
  command('list', 'Messages that a consumer could not handle; of every service where they run separately.', [
    'dead-letters list --consumer contribution',
  ])
    .option('--consumer <name>', 'one consumer only')
    .action(
      withPlatform<{ consumer?: string }>(async ({ api, options, show }) => {
        const query = { consumer: options.consumer };
        const found = api.services.length > 0 ? await ofAllServices(api, query) : await api.get<Letters>('/v1/dead-letters', query);
        const text = table(
          found.items,
          [
            { title: 'id', value: (letter) => letter.id },
            ...(api.services.length > 0 ? [{ title: 'service', value: (letter: DeadLetter) => letter.service }] : []),
            { title: 'consumer', value: (letter) => letter.consumer },
            { title: 'type', value: (letter) => letter.type },
            { title: 'position', value: (letter) => letter.position },
            { title: 'parked', value: (letter) => letter.parkedAt },
            { title: 'attempts', value: (letter) => letter.attempts, right: true },
            { title: 'reason', value: (letter) => letter.reason },
          ],
          'No dead letters.',
        );
        show(found, text);
      }),
    );

const redrive = () =>
  command('redrive', 'Handles a dead letter again, and what is parked behind it.', ['dead-letters redrive 0b8f…'])
    .argument('<id>', 'id of the dead letter')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        const path = `/v1/dead-letters/${encodeURIComponent(id)}:redrive`;
        show(await (api.services.length > 0 ? redriveAnywhere(api, path) : api.post<unknown>(path)), `Dead letter ${id} is re-driven.`);
      }),
    );

/** `regulars dead-letters …` */
export const deadLettersCommand = () => group('dead-letters', 'Messages that could not be handled.', [list(), redrive()]);
