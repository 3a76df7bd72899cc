import type { TestServer } from './test-server';

/** A mistake in the adapter, or in what it relies on, that a clause of the contract must see. */
export interface PlantedBug {
  readonly bug: string;
  readonly caughtBy: string;
  /** Methods replaced while it is planted: given the real one, the faulty one. */
  readonly methods?: readonly Replacement[];
  /** What the server does while it is planted. */
  readonly prepare?: (server: TestServer) => void;
}

// The methods that are replaced are private in part, and of any type.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Method = (this: any, ...args: any[]) => any;
/** A method and its faulty form. */
export interface Replacement {
  readonly prototype: object;
  readonly name: string;
  readonly faulty: (real: Method) => Method;
}

/** A method to replace while a bug is planted. */
export const replace = (Class: { readonly prototype: object }, name: string, faulty: Replacement['faulty']): Replacement => ({
  prototype: Class.prototype,
  name,
  faulty,
});

/** Replaces the methods of a bug; answers how to undo it. */
export function plant({ methods = [] }: PlantedBug): () => void {
  const undo = methods.map(({ prototype, name, faulty }) => {
    const real = Object.getOwnPropertyDescriptor(prototype, name);
    if (typeof real?.value !== 'function') throw new Error(`There is no method ${name} to replace`);
    Object.defineProperty(prototype, name, { ...real, value: faulty(real.value as Method) });
    return () => Object.defineProperty(prototype, name, real);
  });
  return () => undo.forEach((restore) => restore());
}
