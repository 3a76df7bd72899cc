/** Looks after the engines while the cluster runs: one that died is reported and started again. */
import { engineStatus, startEngines } from '../../infra/engines/engines.mjs';

const LOOK_MS = 2_000;
const RESTARTS_MAX = 8;

/** Watches the engines of a directory; answers how to stop watching, which waits for a start under way. */
export function watchEngines(directory, only, say) {
  let restarts = 0;
  let timer;
  let work = Promise.resolve();
  let stopped = false;
  const look = async () => {
    const ended = engineStatus({ directory, only }).filter(({ state }) => state === 'ended');
    if (ended.length === 0) return;
    for (const { name, logFile } of ended) say(`${name} has ended; it starts again on the same data. Log: ${logFile}`);
    await startEngines({ directory, only, say }).catch((error) => say(error.message));
    if (++restarts === RESTARTS_MAX) say(`The engines were started again ${RESTARTS_MAX} times; from now on they are left alone.`);
  };
  const next = () => {
    if (stopped || restarts >= RESTARTS_MAX) return;
    timer = setTimeout(() => (work = look().then(next)), LOOK_MS);
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await work;
  };
}
