/** What the benchmark handed to this process. */
export const options = JSON.parse(process.argv[2]);

/** Peak resident memory of this process, bytes. */
const peakMemory = () => process.resourceUsage().maxRSS * 1024;

/** The one answer of a side that then ends. */
export function answer(result) {
  process.send({ ...result, peakMemoryBytes: peakMemory() }, () => process.disconnect());
}

/** Says that a server can be used; `close` runs when it is told to stop, and what it returns is its last word. */
export function ready(facts, close) {
  process.once('message', async () => {
    const { user, system } = process.cpuUsage();
    answer({ ...(await close()), cpuSeconds: (user + system) / 1e6 });
  });
  process.send(facts);
}
