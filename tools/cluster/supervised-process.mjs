/** A service process that is started again when it dies, with growing pauses, and not for ever. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { endOfLog } from '../../infra/engines/processes.mjs';

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 30_000;
/** Who lived so long has recovered; its next death counts as a first. */
const WELL_MS = 60_000;
const DEATHS_MAX = 8;
const STOP_MS_MAX = 30_000;

export class SupervisedProcess {
  #deaths = 0;
  #stopping = false;
  #timer;
  #ended = Promise.resolve();

  /** `changed` is told when it has another pid. */
  constructor(member, say, changed) {
    this.member = member;
    this.logFile = join(member.folder, 'service.log');
    this.say = say;
    this.changed = changed;
    mkdirSync(member.folder, { recursive: true });
  }

  get pid() {
    return this.child?.pid;
  }

  start() {
    const { name, main, marker, environment } = this.member;
    const began = Date.now();
    const log = openSync(this.logFile, 'a');
    // In a session of its own: Ctrl-C reaches this process alone, which stops the others in order.
    const options = { argv0: marker, detached: true, env: environment, stdio: ['ignore', log, log] };
    this.child = spawn(process.execPath, [main], options);
    closeSync(log);
    this.#ended = once(this.child, 'close').catch((error) => [error.message]);
    this.#ended.then(([code, signal]) => {
      if (!this.#stopping) this.#died(`${name} has ended (${signal ?? `code ${code}`})`, Date.now() - began);
    });
    this.changed();
  }

  #died(what, livedMs) {
    this.#deaths = livedMs > WELL_MS ? 1 : this.#deaths + 1;
    if (this.#deaths > DEATHS_MAX) {
      this.say(`${what}, for the ${this.#deaths}th time in a row; it is left alone. ${endOfLog(this.logFile)}`);
      return;
    }
    const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** (this.#deaths - 1), PAUSE_MS_MAX);
    this.say(`${what}; it starts again in ${pauseMs / 1000} s. Log: ${this.logFile}`);
    this.#timer = setTimeout(() => this.start(), pauseMs);
  }

  /** SIGTERM; SIGKILL where that takes too long. */
  async stop() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const running = this.child?.exitCode === null && this.child.signalCode === null;
    if (!running) return;
    this.child.kill('SIGTERM');
    const late = setTimeout(() => {
      this.say(`${this.member.name} does not stop; it is killed. Log: ${this.logFile}`);
      this.child.kill('SIGKILL');
    }, STOP_MS_MAX);
    await this.#ended;
    clearTimeout(late);
  }
}
