/**
 * A consumer in a process of its own, so that a spec can freeze it. Tells what it gets (`{batch: [ids], source}`) and what it loses
 * (`{revoked}`); a batch ends when the parent says `go`, at once after the first `go`.
 */
const { openKafkaBus } = require('@regulars/adapter-kafka');

const { bus: options, group, topic } = JSON.parse(process.argv[2]);
let go;
const going = new Promise((resolve) => (go = resolve));
process.on('message', (message) => {
  if (message === 'go') go();
});
process.on('disconnect', () => process.exit(0));

openKafkaBus(options).then((bus) => {
  const consumption = bus.consume({
    group,
    topics: [topic],
    from: 'committed',
    batchMessagesMax: 5,
    onRevoked: async (sources) => void process.send({ revoked: sources }),
    onBatch: async (messages, upTo) => {
      process.send({ batch: messages.map(({ id }) => id), source: Object.keys(upTo)[0] });
      await going;
    },
  });
  consumption.ended.catch((error) => process.send({ failed: String(error) }));
});
