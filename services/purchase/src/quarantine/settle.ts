import type { IntakeKind, IntakeResult } from '@regulars/contracts';
import { type Causation, type Clock, isRefusal, type Refusal, refused } from '@regulars/kernel';
import { fold, handleCommand } from '@regulars/engine';
import type { EventStore } from '@regulars/ports';
import type { Delivery, Intake } from '../intake/intake';
import type { IntakeItem } from '../intake/read-item';
import { quarantine, type QuarantineCommand, type QuarantineState } from './decider';
import type { Quarantined } from './events';

/** What settling quarantine entries needs. `reached` resolves when the read model includes a position. */
export interface QuarantinePorts {
  readonly chain: string;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly intake: Intake;
  readonly reached: (position: string) => Promise<void>;
}

/** Who settles an entry, and on whose behalf stores are in scope. */
export type Settler = Pick<Delivery, 'principal'> & Causation & { readonly by: string };

/** Tries an entry again, as it came or corrected by a person. What is refused again stays in quarantine. */
export async function redrive(
  ports: QuarantinePorts,
  id: string,
  settler: Settler,
  corrected?: Readonly<Record<string, unknown>>,
): Promise<IntakeResult | Refusal> {
  const state = await load(ports, id);
  if (isRefusal(state)) return state;
  if (state.status !== 'open') return refused('quarantine.settled', `The entry is ${state.status}`);
  const { entry } = state;
  const item = corrected ? { value: corrected, raw: () => JSON.stringify(corrected), ...withKind(entry.kind, corrected) } : parsed(entry);
  const delivery = { ...settler, id: `redrive-${id}`, causationId: id, redriveOf: id };
  const { result, waitsFor } = await ports.intake.tryAgain(item, delivery);
  if (result.outcome === 'quarantined') {
    // A correction that was refused leaves the entry as it was: it was never kept.
    const { code = '', detail = '' } = result;
    const noted = corrected ? undefined : await write(ports, id, { type: 'refuse-again', code, detail, waitsFor }, settler);
    return noted ?? result;
  }
  const { outcome, purchaseId } = result;
  const settled = await write(
    ports,
    id,
    { type: 'redriven', outcome, purchaseId, corrected: corrected !== undefined, by: settler.by },
    settler,
  );
  return settled ?? { ...result, quarantineId: id };
}

/** Notes that an entry is not to be taken in, and why. */
export function dismiss(ports: QuarantinePorts, id: string, reason: string, settler: Settler): Promise<Refusal | undefined> {
  return write(ports, id, { type: 'dismiss', reason, by: settler.by }, settler);
}

type WithoutTime<Command> = Command extends unknown ? Omit<Command, 'occurredAt'> : never;
type Settlement = WithoutTime<Exclude<QuarantineCommand, { type: 'quarantine' }>>;

async function write(ports: QuarantinePorts, id: string, settlement: Settlement, causation: Causation): Promise<Refusal | undefined> {
  const occurredAt = new Date(ports.clock.now()).toISOString();
  const { correlationId, traceparent } = causation;
  const result = await handleCommand(ports.eventStore, quarantine, {
    streamId: `quarantine-${id}`,
    command: { ...settlement, occurredAt },
    chain: ports.chain,
    correlationId,
    causationId: id,
    traceparent,
  });
  if (result.outcome === 'refused') return result.refusal;
  if (result.outcome === 'done') await ports.reached(result.position);
  return undefined;
}

async function load({ eventStore }: QuarantinePorts, id: string) {
  const state: QuarantineState = fold(quarantine, await eventStore.readStream(`quarantine-${id}`));
  if (!state.entry) return refused('quarantine.not-found', 'No quarantine entry has this id');
  return { ...state, entry: state.entry };
}

function withKind(kind: IntakeKind | 'unknown', value: Readonly<Record<string, unknown>>): { kind?: IntakeKind } {
  return kind === 'unknown' || Object.hasOwn(value, 'kind') ? {} : { kind };
}

function parsed({ raw, kind, code, detail }: Quarantined): IntakeItem {
  // What no strict reading could make sense of is not taken for what a lenient one makes of it, or of the part that was kept.
  if (code === 'request.malformed') return { value: undefined, malformed: detail, raw: () => raw };
  try {
    const value: unknown = JSON.parse(raw);
    const named = typeof value === 'object' && value !== null && Object.hasOwn(value, 'kind');
    return { value, raw: () => raw, ...(kind === 'unknown' || named ? {} : { kind }) };
  } catch {
    return { value: undefined, malformed: 'The input is not valid JSON', raw: () => raw };
  }
}
