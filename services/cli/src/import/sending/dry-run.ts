import { intakeKinds, type IntakeKind } from '@regulars/contracts';
import type { Receipt } from '../receipts/receipt';

/** Judges a receipt by the schema the platform would use. Returns the code and reason of a refusal, or undefined. */
export function wouldRefuse(receipt: Receipt): { readonly code: string; readonly reason: string } | undefined {
  const { kind = 'purchase', ...item } = JSON.parse(receipt.json()) as { kind?: IntakeKind };
  const checked = intakeKinds[kind].safeParse(item);
  if (checked.success) return undefined;
  const reason = checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  return { code: 'request.invalid', reason };
}
