import type { DocumentStoreClause } from './clause';
import { findClauses } from './find-clauses';
import { modelClause } from './model-clause';
import { pageClauses } from './page-clauses';
import { versionClauses } from './version-clauses';
import { writeClauses } from './write-clauses';

/** Everything a DocumentStore promises. */
export const documentStoreClauses: readonly DocumentStoreClause[] = [
  ...writeClauses,
  ...findClauses,
  ...pageClauses,
  ...versionClauses,
  modelClause,
];
