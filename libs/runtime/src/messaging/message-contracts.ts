import type { IntegrationEvent } from '@regulars/contracts';
import type { DeliveredMessage } from '@regulars/ports';
import { fieldErrors } from '../problems/schema-errors';

const FIELDS_MAX = 5;

/** What a message's contract makes of its data, or why they break it. */
export type CheckedData = { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly reason: string };

/** Checks the data of messages by the contract of their type. Each message is checked once, however often it is handled. */
export class MessageContracts {
  private readonly contracts: ReadonlyMap<string, IntegrationEvent>;
  private readonly checked = new WeakMap<DeliveredMessage, CheckedData>();

  constructor(contracts: readonly IntegrationEvent[]) {
    this.contracts = new Map(contracts.map((contract) => [contract.type, contract]));
  }

  /** Whether any service publishes this type. */
  knows(type: string): boolean {
    return this.contracts.has(type);
  }

  /** The data as their contract reads them; as they came where there is none. The reason names fields, never their values. */
  check(message: DeliveredMessage): CheckedData {
    const known = this.checked.get(message);
    if (known) return known;
    const result = this.read(message);
    this.checked.set(message, result);
    return result;
  }

  private read({ type, data }: DeliveredMessage): CheckedData {
    const contract = this.contracts.get(type);
    if (!contract) return { ok: true, data };
    const parsed = contract.schema.safeParse(data);
    if (parsed.success) return { ok: true, data: parsed.data };
    const fields = fieldErrors(parsed.error).slice(0, FIELDS_MAX);
    return {
      ok: false,
      reason: `its data break the contract of ${type}: ${fields.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    };
  }
}
