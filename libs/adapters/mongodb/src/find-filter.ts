import type { Filter, Sort } from 'mongodb';
import type { Conditions, Query } from './find-query';
import { type FieldValue, pathOf, plain, type StoredForm } from './stored-form';

type Term = Filter<StoredForm>;

/** Bounds that hold for all text and for all numbers. */
const TEXT_LOWEST = '';
const NUMBER_HIGHEST = Number.MAX_VALUE;

const all = (terms: readonly Term[]): Term => (terms.length > 1 ? { $and: [...terms] } : (terms[0] ?? {}));

/**
 * The filter of a look-up. MongoDB compares text by its bytes and keeps types apart in `$gte` and `$lte`, so a bound of one type never matches
 * values of the other, nor documents without the field. Values always stand behind an operator, so they are never taken for one.
 */
export function filterOf({ equals, ranges }: Conditions): Term {
  const terms: Term[] = equals.map(([field, value]) => ({ [pathOf(field)]: { $eq: plain(value) } }));
  for (const { field, from, to } of ranges) {
    if (from !== undefined) terms.push({ [pathOf(field)]: { $gte: plain(from) } });
    if (to !== undefined) terms.push({ [pathOf(field)]: { $lte: plain(to) } });
  }
  return all(terms);
}

/** The filter of one page: that of the look-up, and what comes after the page before in (field, id). */
export function pageFilterOf(query: Query): Term {
  const filter = filterOf(query);
  if (!query.after) return filter;
  const { orderBy, descending, after } = query;
  const behindId: Term = { _id: descending ? { $lt: after.id } : { $gt: after.id } };
  if (orderBy === undefined) return all([filter, behindId]);
  const path = pathOf(orderBy);
  const tie: Term = { [path]: { $eq: after.value === null ? null : plain(after.value) }, ...behindId };
  const behind = descending ? lower(path, after.value) : higher(path, after.value);
  return all([filter, { $or: [tie, ...behind] }]);
}

// One term a type, because a comparison matches values of its own type alone. Without the field < numbers < text.

function higher(path: string, value: FieldValue | null): Term[] {
  if (value === null) return [{ [path]: { $lte: NUMBER_HIGHEST } }, { [path]: { $gte: TEXT_LOWEST } }];
  const ofItsType = { [path]: { $gt: plain(value) } };
  return typeof value === 'number' ? [ofItsType, { [path]: { $gte: TEXT_LOWEST } }] : [ofItsType];
}

function lower(path: string, value: FieldValue | null): Term[] {
  if (value === null) return [];
  const ofItsType = { [path]: { $lt: plain(value) } };
  const without = { [path]: { $eq: null } };
  return typeof value === 'string' ? [ofItsType, { [path]: { $lte: NUMBER_HIGHEST } }, without] : [ofItsType, without];
}

/** The order of a look-up: by (field, id), or by id; descending turns both round. The index of a field has the same two keys. */
export function sortOf({ orderBy, descending }: Pick<Query, 'orderBy' | 'descending'>): Sort {
  const direction = descending ? -1 : 1;
  return orderBy === undefined ? { _id: direction } : { [pathOf(orderBy)]: direction, _id: direction };
}
