import { type IntakeKind, intakeKinds } from '@regulars/contracts';
import { type Refusal, refused } from '@regulars/kernel';
import type { ZodError } from 'zod';
import { type PrepareContext, type Prepared, prepareClaim, prepareExchange, preparePurchase, prepareReturn, prepareVoid } from './prepare';

/** One thing that was sent: parsed JSON, or `undefined` with the reason why it could not be parsed. */
export interface IntakeItem {
  readonly value: unknown;
  /** Set where the route says what it is; else the item's own `kind`, else a purchase. */
  readonly kind?: IntakeKind;
  readonly malformed?: string;
  /** The item as it came, for quarantine. */
  readonly raw: () => string;
}

/** What can be told about an item that may be broken: for quarantine and its report. */
export interface ItemFacts {
  readonly kind: IntakeKind | 'unknown';
  readonly store?: string | undefined;
  readonly terminal?: string | undefined;
  readonly receipt?: string | undefined;
  readonly sequence?: number | undefined;
}

/** The schema check and the preparation of an item; a refusal says what is wrong and where, never the value. */
export function readItem(item: IntakeItem, context: PrepareContext): Prepared | Refusal {
  if (item.malformed !== undefined) return refused('request.malformed', item.malformed);
  const { kind, content } = splitKind(item);
  if (kind === undefined) return refused('request.invalid', 'kind: must be purchase, return, exchange, void or claim');
  try {
    switch (kind) {
      case 'purchase':
        return checked(intakeKinds.purchase.safeParse(content), (valid) => preparePurchase(valid, context));
      case 'return':
        return checked(intakeKinds.return.safeParse(content), (valid) => prepareReturn(valid, context));
      case 'exchange':
        return checked(intakeKinds.exchange.safeParse(content), (valid) => prepareExchange(valid, context));
      case 'void':
        return checked(intakeKinds.void.safeParse(content), (valid) => prepareVoid(valid, context));
      case 'claim':
        return checked(intakeKinds.claim.safeParse(content), (valid) => prepareClaim(valid, context));
    }
  } catch (error) {
    if (error instanceof RangeError) return refused('purchase.amount', error.message);
    throw error;
  }
}

/** The facts a broken item shows: texts of a bearable length only, whatever else it holds. */
export function factsOf(item: IntakeItem): ItemFacts {
  const { kind, content } = splitKind(item);
  const holder = isRecord(content) ? content : {};
  const key = isRecord(holder['of']) && (kind === 'void' || kind === 'claim') ? holder['of'] : holder;
  const text = (name: string) => {
    const value = key[name];
    return typeof value === 'string' && value.length > 0 && value.length <= 64 ? value : undefined;
  };
  const sequence = holder['sequence'];
  const valid = typeof sequence === 'number' && Number.isInteger(sequence) && sequence >= 0 && sequence <= 4_294_967_295;
  return {
    kind: kind ?? 'unknown',
    store: text('store'),
    terminal: text('terminal'),
    receipt: text('receipt'),
    sequence: valid ? sequence : undefined,
  };
}

function checked<T>(
  result: { success: true; data: T } | { success: false; error: ZodError },
  prepare: (valid: T) => Prepared | Refusal,
): Prepared | Refusal {
  if (result.success) return prepare(result.data);
  const issues = result.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'item'}: ${message}`);
  return refused('request.invalid', issues.join('; ').slice(0, 1_000));
}

function splitKind({ value, kind }: IntakeItem): { kind: IntakeKind | undefined; content: unknown } {
  if (kind !== undefined || !isRecord(value) || !Object.hasOwn(value, 'kind')) return { kind: kind ?? 'purchase', content: value };
  const { kind: named, ...content } = value;
  return { kind: typeof named === 'string' && Object.hasOwn(intakeKinds, named) ? (named as IntakeKind) : undefined, content };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
