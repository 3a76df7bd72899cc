import { Flaw, Memo } from './flaw';
import type { Condition } from './mapping-schema';
import type { Decimal } from '@regulars/kernel';

/** A row of the file, by column. */
export type Row = readonly string[];
export type Test = (row: Row) => boolean;

/** Finds a column's place in the file; throws where there is none. */
export type ColumnPlace = (column: string) => number;

/** All conditions together as one test. Numbers are read in the file's own format; what is no number passes no number test. */
export function allOf(
  conditions: readonly Condition[],
  place: ColumnPlace,
  readNumber: (text: string) => Decimal | Flaw,
  isEmpty: Test1,
): Test {
  const numbers = new Memo((text: string) => {
    const value = readNumber(text);
    return value instanceof Flaw ? NaN : Number(value.digits) / 10 ** value.scale;
  });
  const tests = conditions.map((condition) => {
    const at = place(condition.column);
    const holds = testOf(condition, numbers, isEmpty);
    return (row: Row) => holds((row[at] ?? '').trim());
  });
  const [only] = tests;
  if (tests.length === 1 && only) return only;
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
}

type Test1 = (text: string) => boolean;

function testOf(condition: Condition, numbers: Memo<number>, isEmpty: Test1): Test1 {
  const { equals, notEquals, startsWith, notStartsWith, empty, below, above } = condition;
  if (equals !== undefined) return equalTo(equals, numbers);
  if (notEquals !== undefined) {
    const equal = equalTo(notEquals, numbers);
    return (text) => !equal(text);
  }
  if (startsWith !== undefined) return (text) => text.startsWith(startsWith);
  if (notStartsWith !== undefined) return (text) => !text.startsWith(notStartsWith);
  if (empty !== undefined) return (text) => isEmpty(text) === empty;
  if (below !== undefined) return (text) => numbers.of(text) < below;
  if (above !== undefined) return (text) => numbers.of(text) > above;
  const wanted = new Set(condition.in);
  return (text) => wanted.has(text);
}

function equalTo(wanted: string | number, numbers: Memo<number>): Test1 {
  return typeof wanted === 'number' ? (text) => numbers.of(text) === wanted : (text) => text === wanted;
}
