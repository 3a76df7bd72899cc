import { command, withPlatform } from '../terminal/command';
import { mebibytes } from '../terminal/table';

interface Status {
  readonly chain: string;
  readonly version: string;
  readonly startedAt: string;
  readonly eventLog: { readonly head: string; readonly bytes: number };
  readonly projections: readonly {
    readonly name: string;
    readonly version?: string | number;
    readonly position: string;
    readonly caughtUp: boolean;
    readonly lagEvents?: number;
  }[];
  readonly ledger: { readonly customers: number; readonly rows: number; readonly segments: number; readonly memoryBytes: number };
  readonly replays: readonly unknown[];
  readonly deadLetters: number;
  readonly quarantineOpen: number;
}

function statusText(status: Status): string {
  const projections = status.projections.map(
    ({ name, version, position, caughtUp, lagEvents }) =>
      `  ${name}${version === undefined ? '' : ` (version ${version})`}: ${caughtUp ? 'caught up' : `behind${lagEvents === undefined ? '' : ` by ${lagEvents} events`}`}, at ${position}`,
  );
  return [
    `chain        ${status.chain} (Regulars ${status.version}, started ${status.startedAt})`,
    `event log    head ${status.eventLog.head}, ${mebibytes(status.eventLog.bytes)}`,
    `ledger       ${status.ledger.customers.toLocaleString('en-GB')} customers, ${status.ledger.rows.toLocaleString('en-GB')} rows, ${status.ledger.segments} segments, ${mebibytes(status.ledger.memoryBytes)}`,
    `replays      ${status.replays.length}`,
    `dead letters ${status.deadLetters}`,
    `quarantine   ${status.quarantineOpen} open`,
    'projections',
    ...projections,
  ].join('\n');
}

/** `regulars status` */
export const statusCommand = () =>
  command('status', 'How the platform is doing: event log, projections, quarantine.', ['status --data ./data', 'status --json']).action(
    withPlatform(async ({ api, show }) => {
      const status = await api.get<Status>('/v1/status');
      show(status, statusText(status));
    }),
  );
