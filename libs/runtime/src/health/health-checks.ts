/** What a check finds: fine, or not and why. The reason is public: no addresses, names or personal data. */
export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Looks at one part of the platform. Called on every request to the readiness route, so it must be cheap. */
export type Check = () => CheckResult | Promise<CheckResult>;

/** All checks at one moment; `ready` only if every one is fine. */
export interface Readiness {
  readonly ready: boolean;
  /** By name: `ok`, or the reason. */
  readonly checks: Readonly<Record<string, string>>;
}

const CHECK_MS_MAX = 2_000;

/** Registered checks, and whether the platform is on its way out. */
export class HealthChecks {
  private readonly checks = new Map<string, Check>();
  private draining = false;

  /** Adds a part's check; answers how to take it out again. Throws on a name that is taken. */
  register(name: string, check: Check): () => void {
    if (this.checks.has(name)) throw new Error(`There is a health check "${name}" already`);
    this.checks.set(name, check);
    return () => void this.checks.delete(name);
  }

  /** From now on never ready: no new requests should be sent here. */
  drain(): void {
    this.draining = true;
  }

  /** Runs all checks at the same time, each for at most two seconds. A check that throws or hangs is not fine. */
  async readiness(): Promise<Readiness> {
    const results = await Promise.all([...this.checks].map(async ([name, check]) => [name, await runCheck(check)] as const));
    const checks = Object.fromEntries(results.map(([name, result]) => [name, result.ok ? 'ok' : result.reason]));
    if (this.draining) return { ready: false, checks: { ...checks, shutdown: 'shutting down' } };
    return { ready: results.every(([, result]) => result.ok), checks };
  }
}

async function runCheck(check: Check): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${CHECK_MS_MAX} ms` }), CHECK_MS_MAX);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return { ok: false, reason: 'the check itself failed' };
  } finally {
    clearTimeout(timer);
  }
}
