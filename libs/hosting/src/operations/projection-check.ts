import type { LiveProjection } from '@regulars/engine';
import type { HealthChecks } from '@regulars/runtime';

/** A projection that cannot take events in makes its process not ready: what it answers would be stale. */
export function registerProjection(health: HealthChecks, projection: LiveProjection): void {
  health.register(`projection ${projection.name}`, () => {
    const { fault } = projection.live.status();
    return fault === undefined ? { ok: true } : { ok: false, reason: 'it cannot take events in; see the log' };
  });
}
