import type { EventStore } from '@regulars/ports';

/** An event store under test. */
export interface EventStoreSubject {
  /** A new, empty store. */
  create(): Promise<EventStore>;
  /** Closes the store and opens what it kept; absent where an adapter keeps nothing. */
  reopen?(store: EventStore): Promise<EventStore>;
  /** Closes the store, which may be closed already, and removes what it kept. */
  dispose(store: EventStore): Promise<void>;
  /** How long something that must happen may take, in milliseconds; default 10,000. */
  readonly patienceMs?: number;
}

/** One thing the port promises. */
export interface EventStoreClause {
  readonly name: string;
  /** True where it needs `reopen`. */
  readonly reopens?: boolean;
  /** Throws where the promise is broken. */
  check(subject: EventStoreSubject): Promise<void>;
}

/** A store for one clause, with what clauses do again and again. */
export interface Trial {
  /** The store now; another one after `reopen`. */
  store: EventStore;
  reopen(): Promise<void>;
  /** Fails where the promise has not settled in time. */
  within<T>(what: string, promise: Promise<T>): Promise<T>;
  /** A gate that is opened at the end at the latest, so that nothing waits behind it when the store is disposed of. */
  gate(): Gate;
}

/** Something to wait for until it is opened. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function newGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Makes a clause that gets a new store and cleans up after it. */
export function clause(
  name: string,
  check: (trial: Trial) => Promise<void>,
  options: { readonly reopens?: boolean } = {},
): EventStoreClause {
  return {
    name,
    ...options,
    check: async (subject) => {
      const gates: Gate[] = [];
      const trial: Trial = {
        store: await subject.create(),
        reopen: async () => {
          if (!subject.reopen) throw new Error('This subject cannot reopen a store');
          trial.store = await subject.reopen(trial.store);
        },
        gate: () => {
          const gate = newGate();
          gates.push(gate);
          return gate;
        },
        within: (what, promise) => within(what, promise, subject.patienceMs ?? 10_000),
      };
      try {
        await check(trial);
      } finally {
        for (const gate of gates) gate.open();
        await subject.dispose(trial.store);
      }
    },
  };
}

async function within<T>(what: string, promise: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${patienceMs} ms: ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
