/** Any value that survives JSON unchanged. No bigint, no Date, no undefined inside arrays. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** A JSON object, the form of every event's data and every document. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/**
 * The canonical text of a JSON value: object keys in code-unit order, absent (`undefined`) members left out,
 * no white space. Equal values have equal text, so digests and comparisons are made of it.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
