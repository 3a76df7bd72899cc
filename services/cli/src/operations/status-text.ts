import { mebibytes, printable, table } from '../terminal/table';
import type { AskedInstance, ProjectionStatus, RelayStatus, Status } from './process-status';

const number = (value: number) => value.toLocaleString('en-GB');
const seconds = (value: number | null | undefined) =>
  value === null || value === undefined ? 'not known' : `${number(Math.round(value))} s`;

function projectionText({ name, version, position, caughtUp, lagBytes, fault }: ProjectionStatus): string {
  const lag = lagBytes === undefined ? 'behind' : `behind by ${mebibytes(lagBytes)}`;
  const trouble = fault ? `, STOPPED: ${typeof fault === 'string' ? fault : JSON.stringify(fault)}` : '';
  return `  ${name}${version === undefined ? '' : ` (${version})`}: ${caughtUp ? 'caught up' : lag}, at ${position ?? 'the beginning'}${trouble}`;
}

function logText({ head, bytes, recovered }: NonNullable<Status['eventLog']>): string {
  const cut = recovered?.cutBytes ? `; a torn tail of ${recovered.cutBytes} bytes was cut at the start` : '';
  return `event log    head ${head ?? 'none, it is empty'}, ${mebibytes(bytes)}${cut}`;
}

function relayText({ state, behind, fault }: RelayStatus): string {
  const lag = state === 'leading' ? `, ${behind ? `${seconds(behind)} behind` : 'nothing waits'}` : '';
  return `${state}${lag}${fault ? `: ${fault}` : ''}`;
}

/** The relays of a process, each with the suffix of its topics. */
function relaysOf({ relay, alsoRelays = {} }: Status): readonly (readonly [suffix: string, relay: RelayStatus])[] {
  return [...(relay ? [['', relay] as const] : []), ...Object.entries(alsoRelays)];
}

function partLines(status: Status): string[] {
  const { ledger, intakeTopic, instance, quarantineOpen, replays, deadLetters } = status;
  const running = replays.filter(({ state }) => state === 'running' || state === 'paused').length;
  return [
    ...(ledger
      ? [
          `ledger       ${number(ledger.customers)} customers, ${number(ledger.rows)} rows, ${ledger.segments} segments, ${mebibytes(ledger.memoryBytes)}`,
        ]
      : []),
    ...(instance?.partitions.map(({ source, lagSeconds }) => `partition    ${source}, lag ${seconds(lagSeconds)}`) ?? []),
    ...Object.entries(instance?.faults ?? {}).map(([topic, fault]) => `FAULT        ${topic}: ${fault}`),
    ...relaysOf(status).map(([suffix, relay]) => `relay        ${suffix === '' ? '' : `to ${suffix}: `}${relayText(relay)}`),
    ...(intakeTopic ? [`intake topic lag ${seconds(intakeTopic.lagSeconds)}`] : []),
    `replays      ${running} under way`,
    `dead letters ${deadLetters}`,
    ...(quarantineOpen === undefined ? [] : [`quarantine   ${quarantineOpen} open`]),
  ];
}

/** The status of one process, part by part: those that it has. */
export function statusText(status: Status): string {
  const { chain, service, version, startedAt, eventLog, projections } = status;
  return [
    `chain        ${chain} (Regulars ${version}${service === undefined ? '' : `, service ${service}`}, started ${startedAt})`,
    ...(eventLog ? [logText(eventLog)] : []),
    ...partLines(status),
    ...(projections.length > 0 ? ['projections', ...projections.map(projectionText)] : []),
  ]
    .map(printable)
    .join('\n');
}

/** The greatest lag of anything a process follows, in seconds; null where one of them is not known yet. */
function lagSecondsOf({ projections, intakeTopic, instance }: Status): number | null {
  const lags = [
    ...projections.map(({ lagSeconds = null }) => lagSeconds),
    ...(intakeTopic ? [intakeTopic.lagSeconds] : []),
    ...(instance?.partitions.map(({ lagSeconds }) => lagSeconds) ?? []),
  ];
  return lags.reduce<number | null>((most, lag) => (most === null || lag === null ? null : Math.max(most, lag)), 0);
}

const partitionOf = (source: string) => Number(source.slice(source.lastIndexOf('/') + 1));

/** Partition numbers in few places: `0-3, 7`. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const one of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === one - 1) last[1] = one;
    else runs.push([one, one]);
  }
  return runs.map(([first, end]) => (first === end ? String(first) : `${first}-${end}`)).join(', ');
}

/** Every process in a line. */
export function servicesText(services: readonly AskedInstance[]): string {
  const answered = services.flatMap(({ status, ...instance }) => (status ? [{ ...instance, status }] : []));
  const silent = services.filter(({ error }) => error !== undefined);
  const faults = answered.flatMap(({ service, url, status }) => [
    ...relaysOf(status).flatMap(([, { fault }]) => (fault ? [`${service} at ${url}: relay: ${fault}`] : [])),
    ...Object.entries(status.instance?.faults ?? {}).map(([topic, fault]) => `${service} at ${url}: ${topic}: ${fault}`),
    ...status.projections.flatMap(({ name, fault }) => (fault ? [`${service} at ${url}: ${name} STOPPED: ${String(fault)}`] : [])),
  ]);
  const rows = table(
    answered,
    [
      { title: 'service', value: ({ service }) => service },
      { title: 'url', value: ({ url }) => url },
      { title: 'version', value: ({ status }) => status.version },
      {
        title: 'relay',
        value: ({ status }) =>
          relaysOf(status)
            .map(([suffix, { state }]) => `${suffix && `${suffix} `}${state}`)
            .join(', '),
      },
      {
        title: 'partitions',
        value: ({ status }) => status.instance && ranges(status.instance.partitions.map(({ source }) => partitionOf(source))),
      },
      {
        title: 'lag s',
        value: ({ status }) => {
          const lag = lagSecondsOf(status);
          return lag === null ? 'not known' : Math.round(lag);
        },
        right: true,
      },
      { title: 'dead letters', value: ({ status }) => status.deadLetters, right: true },
      { title: 'quarantine', value: ({ status }) => status.quarantineOpen, right: true },
    ],
    'No service answers.',
  );
  return [
    rows,
    ...faults.map(printable),
    ...silent.map(({ service, url, error }) => printable(`${service} at ${url} cannot be asked: ${error}`)),
  ].join('\n');
}
