/** Waiting until services are ready, and saying what they wait for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineFailure } from '../../infra/engines/failure.mjs';
import { endOfLog } from '../../infra/engines/processes.mjs';

const READY_SECONDS_MAX = 180;
const TELL_SECONDS = 10;

async function readiness(url) {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    if (answer.ok) return { ready: true };
    const { detail = `status ${answer.status}` } = await answer.json();
    return { ready: false, detail };
  } catch (error) {
    return { ready: false, detail: `no answer yet (${error.cause?.code ?? error.name})` };
  }
}

/** Resolves when the process is ready; throws EngineFailure with the end of its log where that takes too long. Ends early when aborted. */
export async function untilReady({ member, logFile }, say, signal) {
  const began = Date.now();
  let tellAt = began + TELL_SECONDS * 1000;
  while (!signal.aborted) {
    const { ready, detail } = await readiness(member.url);
    if (ready) return;
    if (Date.now() > began + READY_SECONDS_MAX * 1000)
      throw new EngineFailure(`${member.name} is not ready: ${detail} ${endOfLog(logFile)}`);
    if (Date.now() > tellAt) {
      say(`${member.name} is not ready yet: ${detail}`);
      tellAt += TELL_SECONDS * 1000;
    }
    await sleep(200);
  }
}
