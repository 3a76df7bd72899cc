import { SingleBar } from 'cli-progress';

/** A bar on standard error with rate and time left; silent where standard error is no terminal. */
export interface ProgressBar {
  update(done: number, total: number, rate: string): void;
  stop(): void;
}

/** Starts a bar. `rate` is shown as given; the time left follows from how fast `done` nears `total`. */
export function progressBar(title: string, enabled = process.stderr.isTTY === true): ProgressBar {
  if (!enabled) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: `${title} {bar} {percentage}% | {rate} | ETA {eta_formatted}`,
    stream: process.stderr,
    hideCursor: true,
    etaBuffer: 50,
    barsize: 30,
  });
  let started = false;
  return {
    update: (done, total, rate) => {
      if (!started) bar.start(total, done, { rate });
      started = true;
      bar.setTotal(total);
      bar.update(done, { rate });
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
}
