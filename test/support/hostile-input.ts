/** Marks everything hostile, so that an answer or a log line that repeats any of it is found. */
export const MARK = 'Xq7Secret';

const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const nested = (open: string, close: string, levels: number): string => open.repeat(levels) + close.repeat(levels);

/** What no JSON parser may take, or may only take by guessing: kinds known from parser test suites, written for this one. */
export const NOT_JSON: readonly (readonly [string, string | Buffer])[] = [
  ['nothing but a space', ' '],
  ['an unclosed object', `{"store":"${MARK}"`],
  ['an unclosed string', `{"store":"${MARK}`],
  ['an unclosed array', `[{"store":"${MARK}"}`],
  ['a comma too many in an object', `{"store":"${MARK}",}`],
  ['a comma too many in an array', `["${MARK}",]`],
  ['two values', `{"store":"${MARK}"} {}`],
  ['single quotes', `{'store':'${MARK}'}`],
  ['a key without quotes', `{store:"${MARK}"}`],
  ['a comment', `{"store":"${MARK}"/* note */}`],
  ['NaN', `{"store":"${MARK}","sequence":NaN}`],
  ['Infinity', `{"store":"${MARK}","sequence":-Infinity}`],
  ['hexadecimal', `{"store":"${MARK}","sequence":0x10}`],
  ['a leading zero', `{"store":"${MARK}","sequence":012}`],
  ['a leading plus', `{"store":"${MARK}","sequence":+1}`],
  ['a bare point', `{"store":"${MARK}","sequence":1.}`],
  ['an exponent without digits', `{"store":"${MARK}","sequence":1e}`],
  ['a bad escape', `{"store":"${MARK}\\x41"}`],
  ['a cut escape', `{"store":"${MARK}\\u00"}`],
  ['a raw line break in a string', `{"store":"${MARK}\u0001"}`],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], `{"store":"${MARK}"}`)],
  ['bad UTF-8', bytes(`{"store":"${MARK}`, [0xff, 0xfe], '"}')],
  ['overlong UTF-8', bytes(`{"store":"${MARK}`, [0xc0, 0xaf], '"}')],
  ['a surrogate in UTF-8', bytes(`{"store":"${MARK}`, [0xed, 0xa0, 0x80], '"}')],
  ['UTF-16', Buffer.from(`{"store":"${MARK}"}`, 'utf16le')],
  ['a key twice', `{"store":"${MARK}","store":"berlin"}`],
  ['a key twice, once escaped', `{"store":"${MARK}","\\u0073tore":"berlin"}`],
  ['__proto__', `{"__proto__":{"store":"${MARK}"}}`],
  ['__proto__, escaped', `{"\\u005f_proto__":{"store":"${MARK}"}}`],
  ['constructor', `{"constructor":{"prototype":{"store":"${MARK}"}}}`],
  ['10,000 open arrays', nested('[', '', 10_000)],
  ['10,000 nested arrays', nested('[', ']', 10_000)],
  ['10,000 nested objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
];

/** JSON, but nothing any route asks for. */
export const NOT_MEANT: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['a number', 1e300],
  ['a string', MARK],
  ['an empty array', []],
  ['an array for an object', [[MARK]]],
  ['unknown fields', { unheardOf: MARK }],
  ['operators', { id: { $gt: '' }, store: { $ne: MARK }, projection: { $gt: '' }, role: { $gt: '' } }],
  ['numbers for strings', { id: 1, store: 2, projection: 3, role: 4, reason: 5, closed: 6, corrected: 7 }],
  ['NUL in strings', { id: `${MARK}\u0000`, projection: `\u0000${MARK}`, role: '\u0000', reason: '\u0000' }],
  ['a lone surrogate', { id: `${MARK}\ud800`, projection: '\ud800', role: '\udfff', corrected: '\ud800' }],
  ['very long strings', { id: MARK.repeat(20_000), projection: MARK.repeat(20_000), role: MARK.repeat(20_000) }],
  ['many fields', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`field${n}`, MARK]))],
];

/** Path parameters as an attacker writes them, encoded as they go over the wire. */
export const HOSTILE_IDS: readonly string[] = [
  '..%2f..%2fetc%2fpasswd',
  '..%5c..%5cwindows',
  '%00',
  `${MARK}%00.json`,
  '%F0%9F%98%80',
  '%ED%A0%80',
  '%C0%AF',
  '%',
  '%zz',
  '%22%27%3B--',
  '%7B%22%24gt%22%3A%22%22%7D',
  '__proto__',
  'constructor',
  MARK.repeat(60),
  MARK.repeat(1_000),
];

/** Moments that are none, or that leave open which one is meant. */
export const BAD_TIMES: readonly string[] = [
  '2024-03-01T10:00:00',
  '2024-03-01',
  '2024-02-30T10:00:00Z',
  '2023-02-29T10:00:00Z',
  '2024-13-01T10:00:00Z',
  '2024-03-01T24:00:00Z',
  '2024-03-01T25:00:00Z',
  '2024-03-01T10:60:00Z',
  '2016-12-31T23:59:60Z',
  '2024-03-01T10:00:00+25:00',
  '2024-03-01T10:00:00+0100',
  '2024-03-01T10:00:00 Europe/Berlin',
  '2024-03-01 10:00:00Z',
  '20240301T100000Z',
  '+12024-03-01T10:00:00Z',
  '-000001-03-01T10:00:00Z',
  '2024-W09-5T10:00:00Z',
  '1709287200',
  '',
  'now',
];
