import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, exitCodes, type ExitCode } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { command, group, withPlatform, type Session } from '../terminal/command';
import { progressBar } from '../terminal/progress-bar';
import { mebibytes, table } from '../terminal/table';

const POLL_MS = 250;

/** A replay as the platform tells it. */
export interface Replay {
  readonly id: string;
  readonly projection: string;
  readonly state: 'running' | 'paused' | 'ready' | 'switched' | 'rolled-back' | 'cancelled' | 'failed';
  /** Bytes of the event log, as are `total` and the rate. */
  readonly processed: number;
  readonly total: number;
  readonly ratePerSecond?: number | null;
  readonly etaSeconds?: number | null;
  readonly digestLive?: string;
  readonly digestReplayed?: string;
  readonly digestsEqual?: boolean;
  readonly error?: string;
}

const path = (id: string, action = '') => `/v1/replays/${encodeURIComponent(id)}${action}`;

/** Begins a replay of a projection beside the live one. */
export const startReplay = (api: ApiClient, projection: string) => api.post<Replay>('/v1/replays', { projection });

/** Cancels a replay: its rebuilt state is thrown away. */
export const cancelReplay = (api: ApiClient, id: string) => api.post<Replay>(path(id, ':cancel'));

/** Watches a replay until it stops running, with a progress bar. */
export async function watchReplay(api: ApiClient, id: string): Promise<Replay> {
  const bar = progressBar('replay');
  try {
    for (;;) {
      const replay = await api.get<Replay>(path(id));
      bar.update(replay.processed, Math.max(replay.total, replay.processed), `${mebibytes(replay.ratePerSecond ?? 0)}/s`);
      if (replay.state !== 'running') return replay;
      await sleep(POLL_MS);
    }
  } finally {
    bar.stop();
  }
}

function replayText(replay: Replay): string {
  const { id, projection, state, processed, total, ratePerSecond, etaSeconds, digestsEqual, error } = replay;
  const pace = ratePerSecond ? `, ${mebibytes(ratePerSecond)}/s, ${Math.ceil(etaSeconds ?? 0)} s left` : '';
  const lines = [`${id}  ${projection}  ${state}, ${mebibytes(processed)} of ${mebibytes(total)} of the event log${pace}`];
  if (digestsEqual !== undefined) {
    lines.push(`digests ${digestsEqual ? 'equal' : 'DIFFER'}: live ${replay.digestLive}, replayed ${replay.digestReplayed}`);
  }
  return [...lines, ...(error ? [error] : [])].join('\n');
}

function exitCodeOf(replay: Replay): ExitCode {
  if (replay.state === 'failed') return exitCodes.failed;
  return replay.digestsEqual === false ? exitCodes.checkFailed : exitCodes.ok;
}

const start = () =>
  command('start', 'Builds a projection anew beside the live one.', [
    'replay start contribution --wait',
    'replay start contribution --wait --switch',
  ])
    .argument('<projection>', 'its name, as `regulars status` lists it')
    .option('--wait', 'wait until it is ready, with a progress bar')
    .option('--switch', 'wait, and switch to it where its digest equals the live one')
    .action(
      withPlatform<{ wait?: boolean; switch?: boolean }>(async ({ api, options, show }, projection = '') => {
        const started = await startReplay(api, projection);
        let replay = options.wait || options.switch ? await watchReplay(api, started.id) : started;
        if (options.switch && replay.state === 'ready' && replay.digestsEqual !== false)
          replay = await api.post<Replay>(path(replay.id, ':switch'));
        show(replay, replayText(replay));
        return exitCodeOf(replay);
      }),
    );

const list = () =>
  command('list', 'All replays.', ['replay list']).action(
    withPlatform(async ({ api, show }) => {
      const found = await api.get<{ items: Replay[] }>('/v1/replays');
      const text = table(
        found.items,
        [
          { title: 'id', value: (replay) => replay.id },
          { title: 'projection', value: (replay) => replay.projection },
          { title: 'state', value: (replay) => replay.state },
          { title: 'read', value: (replay) => mebibytes(replay.processed), right: true },
          { title: 'of', value: (replay) => mebibytes(replay.total), right: true },
          { title: 'digests', value: ({ digestsEqual }) => (digestsEqual === undefined ? '' : digestsEqual ? 'equal' : 'DIFFER') },
        ],
        'No replays.',
      );
      show(found, text);
    }),
  );

const status = () =>
  command('status', 'How far a replay is.', ['replay status 0b8f… --wait'])
    .argument('<id>', 'id of the replay')
    .option('--wait', 'wait until it no longer runs')
    .action(
      withPlatform<{ wait?: boolean }>(async ({ api, options, show }, id = '') => {
        const replay = options.wait ? await watchReplay(api, id) : await api.get<Replay>(path(id));
        show(replay, replayText(replay));
        return exitCodeOf(replay);
      }),
    );

/** A command that changes a replay's state. */
function change(name: string, summary: string, body: (options: { force?: boolean }) => unknown = () => ({})) {
  const act = async ({ api, options, show }: Session<{ force?: boolean }>, id = '') => {
    const replay = await api.post<Replay>(path(id, `:${name}`), body(options));
    show(replay, replayText(replay));
  };
  return command(name, summary, [`replay ${name} 0b8f…`])
    .argument('<id>', 'id of the replay')
    .action(withPlatform<{ force?: boolean }>(act));
}

/** `regulars replay …` */
export const replayCommand = () =>
  group('replay', 'Projections built anew from the event log, beside the live ones.', [
    start(),
    list(),
    status(),
    change('pause', 'Pauses a replay; it keeps its place.'),
    change('resume', 'Lets a paused replay go on.'),
    change('switch', 'Makes the replayed state the live one.', ({ force }) => (force ? { force } : {})).option(
      '--force',
      'even where the digests differ',
    ),
    change('rollback', 'Goes back to the state before the switch.'),
    change('cancel', 'Gives a replay up.'),
  ]);

/** Throws where a replay did not come to an end that can be compared. */
export function requireReady(replay: Replay): void {
  if (replay.state === 'ready') return;
  throw new CliError(exitCodes.failed, `The replay of ${replay.projection} ended as ${replay.state}`, replay.error, {
    whatToDo: 'See the log of the platform.',
  });
}
