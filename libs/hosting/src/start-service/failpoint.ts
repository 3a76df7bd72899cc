/**
 * For kill tests: the process ends itself, as by SIGKILL, at the n-th passing of the moment that `REGULARS_FAILPOINT` names (`name` or
 * `name:n`). Undefined where none is named.
 */
export function failpointOf(environment: Readonly<Record<string, string | undefined>>): ((name: string) => void) | undefined {
  const wanted = environment['REGULARS_FAILPOINT'];
  if (wanted === undefined) return undefined;
  const [name, times = '1'] = wanted.split(':');
  let left = Number(times);
  return (passed) => {
    if (passed === name && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
