import { CliError, exitCodes } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { connect } from '../platform-access/connection';
import { localCluster, urlsOf } from '../platform-access/service-urls';
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

/** What was looked at; what could not be is said, never passed over. */
interface Findings {
  readonly eventLog: EventLogReport | undefined;
  readonly projections: readonly ProjectionReport[];
  readonly unchecked: readonly string[];
}

const LOG_ELSEWHERE = 'event log: not read, because the platform is not on this machine (use --data)';
const LOG_OF_SERVICES =
  'event log: not read, because the services have it: EventStoreDB, or the data directory of the purchase process. Stop that, and `regulars export-log FILE --data DIR` reads it whole';
const OF_LOYALTY_TIER =
  'contribution: not replayed, because instances of loyalty-tier follow Kafka and replay nothing. Start one more set of them on empty directories and compare `regulars digest`';

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

/** Compares every projection of what answers with its replay, where it can replay. */
async function checkProjections(api: ApiClient): Promise<Omit<Findings, 'eventLog'>> {
  const { projections: known } = await api.get<{ projections: { name: string }[] }>('/v1/status');
  const projections: ProjectionReport[] = [];
  const unchecked: string[] = [];
  for (const { name } of known) {
    try {
      projections.push(await checkProjection(api, name));
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'replay.projection-unknown') throw error;
      unchecked.push(`${name}: not replayed, because this process has no log of its own to replay`);
    }
  }
  return { projections, unchecked };
}

/** What can be found out about separate services: the read models of a purchase process that keeps the log itself. */
async function checkServices(api: ApiClient): Promise<Findings> {
  const ofTier = api.services.includes('loyalty-tier') ? [OF_LOYALTY_TIER] : [];
  const found = api.services.includes('purchase') ? await checkProjections(api) : { projections: [], unchecked: [] };
  return { eventLog: undefined, projections: found.projections, unchecked: [LOG_OF_SERVICES, ...found.unchecked, ...ofTier] };
}

async function findings(options: GlobalOptions): Promise<Findings> {
  const asked = await connectedServices(options);
  if (asked) return asked;
  const isRemote = options.data === undefined && (options.url !== undefined || process.env.REGULARS_URL !== undefined);
  const eventLog = isRemote ? undefined : await checkLiveEventLog(dataDirectory(options));
  if (eventLog && eventLog.problems.length > 0) return { eventLog, projections: [], unchecked: [] };
  const connection = await connect(options);
  try {
    const { projections, unchecked } = await checkProjections(connection.api);
    return { eventLog, projections, unchecked: eventLog ? unchecked : [LOG_ELSEWHERE, ...unchecked] };
  } finally {
    await connection.close();
  }
}

/** The findings where the platform runs as separate services; undefined where it is one process. */
async function connectedServices(options: GlobalOptions): Promise<Findings | undefined> {
  if (!namesServices(options)) return undefined;
  const connection = await connect({ ...options, service: undefined });
  try {
    return await checkServices(connection.api);
  } finally {
    await connection.close();
  }
}

function namesServices({ url, data }: GlobalOptions): boolean {
  if (url !== undefined) return false;
  if (data !== undefined) return localCluster(data) !== undefined;
  if (urlsOf(process.env)) return true;
  return process.env.REGULARS_URL === undefined && localCluster('data') !== undefined;
}

function reportText({ eventLog, projections, unchecked }: Findings): string {
  const ofLog = eventLog
    ? [
        `event log: ${eventLog.events.toLocaleString('en-GB')} events in ${eventLog.streams.toLocaleString('en-GB')} streams, ${eventLog.bytes} bytes: ${eventLog.problems.length === 0 ? 'sound' : 'DAMAGED'}`,
        ...eventLog.problems.map((problem) => `  ${problem}`),
      ]
    : [];
  const ofProjections = projections.map(
    ({ projection, equal, digestLive, digestReplayed }) =>
      `${projection}: ${equal ? `equal to its replay, digest ${digestLive}` : `DIFFERS from its replay: live ${digestLive}, replayed ${digestReplayed}`}`,
  );
  return [...ofLog, ...unchecked, ...ofProjections].join('\n');
}

/** `regulars verify` */
export const verifyCommand = () =>
  command('verify', 'Reads the whole event log and compares each projection with a replay.', ['verify --data ./data']).action(
    async (_options: unknown, self) => {
      const options = self.optsWithGlobals() as GlobalOptions;
      const found = await findings(options);
      const { eventLog, projections } = found;
      const sound = (eventLog?.problems.length ?? 0) === 0 && projections.every(({ equal }) => equal);
      shower(options)({ sound, ...found }, reportText(found));
      if (!sound)
        throw new CliError(exitCodes.checkFailed, 'Verification found differences', undefined, {
          whatToDo: 'Keep the data directory as it is, and restore from a backup beside it.',
        });
      if (eventLog === undefined && projections.length === 0)
        throw new CliError(exitCodes.failed, 'Nothing could be verified from here', undefined, {
          whatToDo: 'Compare digests instead: docs/how-to/move-to-separate-services.md.',
        });
    },
  );
