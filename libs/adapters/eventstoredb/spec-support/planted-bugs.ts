import type { AppendOutcome } from '@regulars/ports';
import { AppendPipe } from '../src/append-pipe';
import { Appender } from '../src/appender';
import { CatchUpSubscription } from '../src/catch-up-subscription';
import { EventStoreDb } from '../src/event-store-db';
import { LogReader } from '../src/log-reader';
import { ReadBack } from '../src/read-back';
import { StreamNames } from '../src/stream-names';
import { type PlantedBug, replace } from './plant';

/** The ways in which an adapter to EventStoreDB goes wrong most easily. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    bug: 'takes every success for a write of its own',
    caughtBy: 'a repeated append writes nothing and answers the first result',
    methods: [
      replace(
        EventStoreDb,
        'appendMany',
        (real) =>
          async function (this: unknown, ...args) {
            const outcomes = (await real.apply(this, args)) as AppendOutcome[];
            return outcomes.map((outcome) => (outcome.outcome === 'appended' ? { ...outcome, repeated: false } : outcome));
          },
      ),
    ],
  },
  {
    bug: 'takes a success for a repeat whenever two wrote at once',
    caughtBy: 'the same append from many at once is written once',
    methods: [
      replace(
        ReadBack,
        'find',
        (real) =>
          async function (this: unknown, ...args) {
            return { ...((await real.apply(this, args)) as object), appendId: 'somebody else' };
          },
      ),
    ],
  },
  {
    bug: 'believes a conflict without looking what is there',
    caughtBy: 'a repeat is still one after the stream has gone on',
    methods: [replace(Appender, 'lookInto', () => async ({ answer }) => ({ outcome: 'conflict', actual: answer.actual }))],
    prepare: (server) => {
      server.log.isForgetful = true;
    },
  },
  {
    bug: 'answers the position of the first event of an append',
    caughtBy: 'an append answers the last revision and position, and every later read sees it',
    methods: [
      replace(
        ReadBack,
        'find',
        (real) =>
          async function (this: unknown, where) {
            const last = await real.call(this, where);
            const first = await real.call(this, { ...where, revision: where.revision + 1 - where.events, position: undefined });
            return { ...last, event: { ...last.event, position: first.event.position } };
          },
      ),
    ],
  },
  {
    bug: 'lets appends of one call overtake each other',
    caughtBy: 'appendMany decides each append on its own and answers in the order given',
    methods: [
      replace(
        AppendPipe,
        'send',
        (real) =>
          async function (this: unknown, append) {
            if (append.events.length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
            return real.call(this, append);
          },
      ),
    ],
  },
  {
    bug: 'takes the events of the server for its own',
    caughtBy: 'an empty store has no head, no events and no streams',
    methods: [replace(LogReader, 'isOurs', () => () => true)],
  },
  {
    bug: 'gives the last event of the server for its head',
    caughtBy: 'an empty store has no head, no events and no streams',
    methods: [
      replace(
        LogReader,
        'head',
        (real) =>
          async function (this: LogReader, known) {
            const isOurs = this.isOurs;
            this.isOurs = () => true;
            return real.call(this, known).finally(() => (this.isOurs = isOurs));
          },
      ),
    ],
  },
  {
    bug: 'hands out the event at the position itself, with which the server begins',
    caughtBy: 'reading from any position gives exactly what follows it',
    methods: [
      replace(
        LogReader,
        'after',
        (real) =>
          async function* (this: unknown, position) {
            for await (const decoded of real.call(this, undefined))
              if (position === undefined || decoded.event.position >= position) yield decoded;
          },
      ),
    ],
  },
  {
    bug: 'forgets the direction of a read',
    caughtBy: 'a stream is read forwards and backwards, up to a limit',
    methods: [
      replace(
        LogReader,
        'stream',
        (real) =>
          function (this: unknown, name, options) {
            return real.call(this, name, { ...options, direction: 'forwards' });
          },
      ),
    ],
  },
  {
    bug: 'takes streams that differ in case for one',
    caughtBy: 'a stream id is only data: no two different ids share a stream',
    methods: [
      replace(
        StreamNames,
        'toName',
        (real) =>
          function (this: unknown, id) {
            return real.call(this, String(id).toLowerCase());
          },
      ),
    ],
  },
  {
    bug: 'relies on a server that skips an event when a subscription goes on',
    caughtBy: 'a subscription from any position gets exactly what follows it',
    prepare: (server) => {
      server.faults.skipOne = true;
    },
  },
  {
    bug: 'hands over what the server sends again',
    caughtBy: 'a subscription from any position gets exactly what follows it',
    methods: [
      replace(
        CatchUpSubscription,
        'take',
        (real) =>
          function (this: { lastRead: unknown }, message) {
            this.lastRead = undefined;
            return real.call(this, message);
          },
      ),
    ],
    prepare: (server) => {
      server.faults.resend = 1;
    },
  },
  {
    bug: 'reads on while the handler holds a batch, and hands all of it over',
    caughtBy: 'one batch at a time, of no more events than asked for: the next waits for the handler',
    methods: [
      replace(
        EventStoreDb,
        'subscribe',
        (real) =>
          function (this: unknown, options) {
            return real.call(this, { ...options, batchEventsMax: 1_000 });
          },
      ),
    ],
  },
  {
    bug: 'goes on when the handler has thrown',
    caughtBy: 'a handler that throws ends its subscription with that error, and no other',
    methods: [
      replace(
        CatchUpSubscription,
        'handOver',
        (real) =>
          function (this: unknown) {
            return real.call(this).catch(() => undefined);
          },
      ),
    ],
  },
  {
    bug: 'believes the server when it says that all has been sent',
    caughtBy: 'the subscriber is told when it has caught up',
    methods: [
      replace(
        CatchUpSubscription,
        'tellCaughtUp',
        () =>
          function (this: { options: { onCaughtUp?: () => void } }) {
            this.options.onCaughtUp?.();
          },
      ),
    ],
  },
  {
    bug: 'drops the appends under way when it is closed',
    caughtBy: 'close finishes what was accepted',
    methods: [
      replace(
        EventStoreDb,
        'close',
        (real) =>
          function (this: { pipe: AppendPipe; giveUp: AbortController }) {
            this.giveUp.abort();
            this.pipe.close();
            return real.call(this);
          },
      ),
    ],
  },
];
