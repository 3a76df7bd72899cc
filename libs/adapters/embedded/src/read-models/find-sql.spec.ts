import Database from 'libsql';
import { DocumentTable } from './document-table';
import { countSql, findSql } from './find-sql';
import type { Query } from './operations';

/** How SQLite would run it. On a database of its own: an EXPLAIN leaves its transaction open in libsql. */
function plan(query: Partial<Query>, counted = false): string {
  const db = new Database(':memory:');
  new DocumentTable(db, 1).addFields(['group', 'rank']);
  const whole: Query = { equals: [], ranges: [], descending: false, rowsMax: 11, ...query };
  const { text, values } = counted ? countSql('documents_1', whole) : findSql('documents_1', whole);
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(values) as { detail: string }[];
  return steps.map(({ detail }) => detail).join('; ');
}

const after = { value: 5, id: 'x' };
const cases: Record<string, [Partial<Query>, boolean?]> = {
  'a page by id': [{ after: { value: null, id: 'x' } }],
  'a page by id, descending': [{ after: { value: null, id: 'x' }, descending: true }],
  'a page in the order of a field': [{ orderBy: 'rank', after }],
  'a page in the order of a field, descending': [{ orderBy: 'rank', after, descending: true }],
  'a page of one value, by id': [{ equals: [['group', 'g']], after: { value: null, id: 'x' } }],
  'a range': [{ ranges: [{ field: 'rank', from: 1, to: 2 }], orderBy: 'rank' }],
  'a range without an end': [{ ranges: [{ field: 'rank', from: 'a' }], orderBy: 'rank' }],
  'a count of one value': [{ equals: [['group', 'g']] }, true],
  'a count of a range': [{ ranges: [{ field: 'rank', to: 2 }] }, true],
};

test.each(Object.entries(cases))('%s is searched in an index, not scanned or sorted', (_, [query, counted]) => {
  expect(plan(query, counted)).toMatch(/^SEARCH documents_1 USING (COVERING )?INDEX [^;]*$/);
});
