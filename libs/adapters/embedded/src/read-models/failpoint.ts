import { StoreUnavailable } from '@regulars/ports';

/** The moments at which tests may wait, fail or die: before or after a step (`write`, `switch`, …) is committed. */
export type ReadModelsFailpoint = (name: string) => void | Promise<void>;

/** What the database's thread says when it stands at such a moment. */
export interface FailpointReached {
  readonly failpoint: string;
}

const WAITING = 0;
const GO_ON = 1;
const FAIL = 2;

/** In the database's thread: tells the main thread where it stands and stands still until that has had its way. */
export function stopAt(gate: Int32Array, tell: (reached: FailpointReached) => void): (name: string) => void {
  return (name) => {
    tell({ failpoint: name });
    Atomics.wait(gate, 0, WAITING);
    if (Atomics.exchange(gate, 0, WAITING) === FAIL) throw new StoreUnavailable(`Failed at ${name}, as told`);
  };
}

/** In the main thread: calls the test's function and lets the database's thread go on, or fail where the function throws. */
export async function letPass(gate: Int32Array, failpoint: ReadModelsFailpoint, name: string): Promise<void> {
  let verdict = GO_ON;
  try {
    await failpoint(name);
  } catch {
    verdict = FAIL;
  }
  Atomics.store(gate, 0, verdict);
  Atomics.notify(gate, 0);
}
