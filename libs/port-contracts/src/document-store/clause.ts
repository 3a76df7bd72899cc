import assert from 'node:assert/strict';
import type { JsonObject } from '@regulars/kernel';
import type { DocumentCollection, DocumentStore, DocumentWrite, FindOptions, StoredDocument } from '@regulars/ports';

/** A store under test, empty at first. */
export interface DocumentStoreSubject {
  readonly store: DocumentStore;
  /** Closes the store and opens what it kept, where the adapter keeps anything. */
  readonly reopen?: (() => Promise<DocumentStore>) | undefined;
}

/** One promise of the port and how to see that it is kept. `check` throws an AssertionError where it is not. */
export interface DocumentStoreClause {
  readonly name: string;
  /** True where it needs `reopen`. */
  readonly reopens?: boolean;
  readonly check: (subject: DocumentStoreSubject) => Promise<void>;
}

/**
 * Asserts that two JSON values are the same, whatever realm their arrays and objects were made in (those that crossed threads come
 * from another one under Jest).
 */
export function assertSame(actual: unknown, expected: unknown, message?: string): void {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify({ value }));
  assert.deepEqual(plain(actual), plain(expected), message);
}

/** The collection most clauses work on, indexed by `group` and `rank`. */
export function openDocuments({ store }: DocumentStoreSubject): Promise<DocumentCollection> {
  return store.collection({ name: 'contract', version: '1', indexes: ['group', 'rank'] });
}

/** One write; position `0001` unless told. */
export function put(id: string, document: JsonObject, position = '0001'): DocumentWrite {
  return { id, document, position };
}

/** Ids of the documents, in their order. */
export function idsOf(documents: readonly StoredDocument[]): string[] {
  return documents.map(({ id }) => id);
}

/** Follows the cursors to the end; gives up after `pagesMax` pages. */
export async function readPages(documents: DocumentCollection, options: FindOptions, pagesMax = 100): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await documents.find({ ...options, cursor });
    pages.push(idsOf(page.items));
    cursor = page.next;
  } while (cursor !== undefined && pages.length < pagesMax);
  return pages;
}
