/** Why a text cannot become a field; a value, because one bad line must not cost its neighbours anything. */
export class Flaw {
  constructor(readonly reason: string) {}
}

/** Remembers what texts became: files repeat themselves, conversions are dear. Forgets everything at its limit. */
export class Memo<T> {
  private readonly known = new Map<string, T>();

  constructor(
    private readonly convert: (text: string) => T,
    private readonly limit = 50_000,
  ) {}

  of(text: string): T {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const value = this.convert(text);
    if (this.known.size >= this.limit) this.known.clear();
    // A part of a block's text would keep all of that text in memory; the key is a copy.
    this.known.set(text.length < 13 ? text : Buffer.from(text).toString(), value);
    return value;
  }
}
