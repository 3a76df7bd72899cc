/** Whether a bus can do its work now. */
export type KafkaCheck = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What is wrong at the moment, by the part of the bus that noticed. Bounded by the number of parts. */
export class Troubles {
  private readonly reasons = new Map<string, string>();

  constructor(private readonly report: ((trouble: { readonly part: string; readonly reason: string }) => void) | undefined) {}

  /** A part does not work; reported when that is new. */
  set(part: string, reason: string): void {
    if (this.reasons.get(part) === reason) return;
    this.reasons.set(part, reason);
    this.report?.({ part, reason });
  }

  /** A part works again, or is gone. */
  clear(part: string): void {
    this.reasons.delete(part);
  }

  check(): KafkaCheck {
    if (this.reasons.size === 0) return { ok: true };
    return { ok: false, reason: [...this.reasons].map(([part, reason]) => `${part}: ${reason}`).join('; ') };
  }
}
