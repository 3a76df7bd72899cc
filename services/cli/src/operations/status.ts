import { command, withPlatform } from '../terminal/command';
import { mebibytes } from '../terminal/table';

interface Projection {
  readonly name: string;
  readonly version?: string | number;
  readonly position: string | null;
  readonly caughtUp: boolean;
  readonly lagBytes?: number;
  readonly fault?: unknown;
}

interface Status {
  readonly chain: string;
  readonly version: string;
  readonly startedAt: string;
  readonly eventLog: { readonly head: string | null; readonly bytes: number; readonly recovered?: { readonly cutBytes?: number } | null };
  readonly projections: readonly Projection[];
  readonly ledger: { readonly customers: number; readonly rows: number; readonly segments: number; readonly memoryBytes: number };
  readonly replays: readonly { readonly state?: string }[];
  readonly deadLetters: number;
  readonly quarantineOpen: number;
}

function projectionText({ name, version, position, caughtUp, lagBytes, fault }: Projection): string {
  const lag = lagBytes === undefined ? 'behind' : `behind by ${mebibytes(lagBytes)}`;
  const trouble = fault ? `, STOPPED: ${typeof fault === 'string' ? fault : JSON.stringify(fault)}` : '';
  return `  ${name}${version === undefined ? '' : ` (${version})`}: ${caughtUp ? 'caught up' : lag}, at ${position ?? 'the beginning'}${trouble}`;
}

function statusText({ chain, version, startedAt, eventLog, ledger, replays, deadLetters, quarantineOpen, projections }: Status): string {
  const number = (value: number) => value.toLocaleString('en-GB');
  const cut = eventLog.recovered?.cutBytes ? `; a torn tail of ${eventLog.recovered.cutBytes} bytes was cut at the start` : '';
  const running = replays.filter(({ state }) => state === 'running' || state === 'paused').length;
  return [
    `chain        ${chain} (Regulars ${version}, started ${startedAt})`,
    `event log    head ${eventLog.head ?? 'none, it is empty'}, ${mebibytes(eventLog.bytes)}${cut}`,
    `ledger       ${number(ledger.customers)} customers, ${number(ledger.rows)} rows, ${ledger.segments} segments, ${mebibytes(ledger.memoryBytes)}`,
    `replays      ${running} under way`,
    `dead letters ${deadLetters}`,
    `quarantine   ${quarantineOpen} open`,
    'projections',
    ...projections.map(projectionText),
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
