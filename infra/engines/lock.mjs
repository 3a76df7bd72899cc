/** A lock file holds the pid of its owner, so that one left behind by a killed process is told from one in use. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineFailure } from './failure.mjs';

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the lock; false where somebody has it. The file appears whole: it is written beside and linked into place. */
function take(file) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes a lock whose owner is dead; false where it lives. Only one of several finders gets the file; who got hold of a newer one puts it back. */
function removeAbandoned(file) {
  const aside = `${file}.${process.pid}.abandoned`;
  try {
    if (isAlive(Number(readFileSync(file, 'utf8')))) return false;
    renameSync(file, aside);
    if (isAlive(Number(readFileSync(aside, 'utf8')))) linkSync(aside, file);
    return true;
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
    return true;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Does the work while no other process does work under the same lock file. Waits for another one, saying so once, and throws
 * EngineFailure where that one takes longer than `waitSecondsMax`.
 */
export async function underLock(file, waitSecondsMax, say, work) {
  mkdirSync(dirname(file), { recursive: true });
  const until = Date.now() + waitSecondsMax * 1000;
  for (let told = false; !take(file);) {
    if (removeAbandoned(file)) continue;
    if (Date.now() >= until) throw new EngineFailure(`Another process is at work here: ${file} holds its pid.`);
    if (!told) say('Another start is at work; waiting for it …');
    told = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
