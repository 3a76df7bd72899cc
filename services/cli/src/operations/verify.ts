import { CliError, exitCodes } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { connect } from '../platform-access/connection';
import { command, shower, type GlobalOptions } from '../terminal/command';
import { dataDirectory } from './data-directory';
import { checkLiveEventLog, type EventLogReport } from './event-log-check';
import { cancelReplay, requireReady, startReplay, watchReplay } from './replay';

interface ProjectionReport {
  readonly projection: string;
  readonly digestLive: string | undefined;
  readonly digestReplayed: string | undefined;
  readonly equal: boolean;
}

/** Replays one projection beside the live one, compares, and throws the replayed state away. */
async function checkProjection(api: ApiClient, projection: string): Promise<ProjectionReport> {
  const { id } = await startReplay(api, projection);
  try {
    const replay = await watchReplay(api, id);
    requireReady(replay);
    const { digestLive, digestReplayed, digestsEqual = false } = replay;
    return { projection, digestLive, digestReplayed, equal: digestsEqual };
  } finally {
    await cancelReplay(api, id).catch(() => undefined);
  }
}

function reportText(log: EventLogReport | undefined, projections: readonly ProjectionReport[]): string {
  const lines = log
    ? [
        `event log: ${log.events.toLocaleString('en-GB')} events in ${log.streams.toLocaleString('en-GB')} streams, ${log.bytes} bytes: ${log.problems.length === 0 ? 'sound' : 'DAMAGED'}`,
        ...log.problems.map((problem) => `  ${problem}`),
      ]
    : ['event log: not read, because the platform is not on this machine (use --data)'];
  for (const { projection, equal, digestLive, digestReplayed } of projections) {
    lines.push(
      `${projection}: ${equal ? `equal to its replay, digest ${digestLive}` : `DIFFERS from its replay: live ${digestLive}, replayed ${digestReplayed}`}`,
    );
  }
  return lines.join('\n');
}

/** `regulars verify` */
export const verifyCommand = () =>
  command('verify', 'Reads the whole event log and compares each projection with a replay.', ['verify --data ./data']).action(
    async (_options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const isRemote = options.data === undefined && (options.url !== undefined || process.env.REGULARS_URL !== undefined);
      const log = isRemote ? undefined : await checkLiveEventLog(dataDirectory(options));
      const projections: ProjectionReport[] = [];
      if (!log || log.problems.length === 0) {
        const connection = await connect(options);
        try {
          const { projections: known } = await connection.api.get<{ projections: { name: string }[] }>('/v1/status');
          for (const { name } of known) projections.push(await checkProjection(connection.api, name));
        } finally {
          await connection.close();
        }
      }
      const sound = (log?.problems.length ?? 0) === 0 && projections.every(({ equal }) => equal);
      shower(options)({ sound, eventLog: log, projections }, reportText(log, projections));
      if (!sound)
        throw new CliError(exitCodes.checkFailed, 'Verification found differences', undefined, {
          whatToDo: 'Keep the data directory as it is, and restore from a backup beside it.',
        });
    },
  );
