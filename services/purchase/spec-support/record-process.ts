import type { Intake } from '../src/intake/intake';
import { type IntakeRecord, takeInRecord } from '../src/intake/take-in-record';
import { redrive } from '../src/quarantine/settle';
import { type HookedStore, newIntake, stores } from './surroundings';
import { BERLIN } from './till';

/** Where the records lie. */
export const SOURCE = 'purchase.intake.v1/3';

/** What a store wrote, as the bus hands it over. */
export function record(offset: number, value: unknown): IntakeRecord {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const data = { raw: isText ? text : bytes.toString('base64'), encoding: isText ? 'utf8' : 'base64' };
  return { id: `record-${offset}`, source: SOURCE, position: String(offset), key: 's1', occurredAt: '2026-03-10T12:00:00.000Z', data };
}

/** A purchase process over an event store; another one on the same store plays a restart, or a second process. */
export class Process {
  readonly directory = stores();
  readonly intake: Intake;
  failpoint: (name: string) => void = () => undefined;

  constructor(readonly eventStore: HookedStore) {
    this.intake = newIntake(eventStore, { stores: this.directory, failpoint: (name) => this.failpoint(name) });
  }
  take(taken: IntakeRecord, change: object = {}) {
    const ports = { chain: 'demo', eventStore: this.eventStore, intake: this.intake, stores: '*' as const, recordBytesMax: 4_096 };
    return takeInRecord({ ...ports, ...change }, taken);
  }
  register(store: string): void {
    this.directory.note([{ id: store, position: '9', document: { ...BERLIN, store } }]);
  }
  async redriveAll(): Promise<void> {
    const ids = new Set<string>();
    for await (const batch of this.eventStore.readAll()) {
      for (const { type, data } of batch) if (type === 'intake.item-quarantined.v1') ids.add(data['quarantineId'] as string);
    }
    const { eventStore, intake } = this;
    const ports = { chain: 'demo', eventStore, clock: { now: () => 0 }, intake, reached: async () => undefined };
    const settler = { principal: { role: 'administrator' as const, stores: '*' as const }, by: 'spec', correlationId: 'spec' };
    for (const id of ids) await redrive(ports, id, settler);
  }
}
