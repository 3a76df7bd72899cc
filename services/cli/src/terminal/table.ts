/** One column of a table in the terminal. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  /** Numbers stand right. */
  readonly right?: boolean;
}

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Places a text takes in a terminal: CJK characters take two. */
function width(text: string): number {
  let places = 0;
  for (const character of text) places += WIDE.test(character) ? 2 : 1;
  return places;
}

/** Text from outside without the control characters that could steer a terminal. */
export const printable = (text: string) => text.replace(CONTROL, '\ufffd');

/** Bytes for a person. */
export const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** Rows as an aligned table with a header line; `nothing` where there are none. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], nothing = 'Nothing.'): string {
  if (rows.length === 0) return nothing;
  const cells = rows.map((row) => columns.map(({ value }) => cell(value(row))));
  const widths = columns.map(({ title }, at) => Math.max(width(title), ...cells.map((line) => width(line[at] ?? ''))));
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => {
        const fill = ' '.repeat(Math.max(0, (widths[at] ?? 0) - width(text)));
        return columns[at]?.right ? fill + text : text + fill;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)].join('\n');
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'number' ? value.toLocaleString('en-GB') : printable(value);
}
