/** Put before a stream id that begins with this sign or with `$`, which the server keeps for its own streams. */
const ESCAPE = '~';

/** How stream ids of the port become stream names on the server, and back. */
export class StreamNames {
  /**
   * `prefix` begins the name of every stream of this store, so that several stores can share one server. Throws a
   * RangeError for one that begins with `$`: such streams belong to the server.
   */
  constructor(private readonly prefix: string) {
    if (prefix.startsWith('$')) throw new RangeError('streamPrefix must not begin with $: such streams belong to the server');
    requireWellFormed(prefix);
  }

  /** Chooses the streams of this store on the server; never one of the server's own. */
  get filter(): { readonly prefixes: string[] } | { readonly regex: string } {
    return this.prefix === '' ? { regex: '^[^$]' } : { prefixes: [this.prefix] };
  }

  /** The name on the server; different for every id. Throws a RangeError for an empty id and for one that is no valid Unicode. */
  toName(streamId: string): string {
    if (streamId === '') throw new RangeError('A stream id must not be empty');
    requireWellFormed(streamId);
    const needsEscape = streamId.startsWith('$') || streamId.startsWith(ESCAPE);
    return `${this.prefix}${needsEscape ? ESCAPE : ''}${streamId}`;
  }

  /** Whether a stream of the server belongs to this store. */
  isOurs(name: string): boolean {
    return !name.startsWith('$') && name.startsWith(this.prefix);
  }

  /** The stream id of a stream that `isOurs`. */
  toStreamId(name: string): string {
    const id = name.slice(this.prefix.length);
    return id.startsWith(ESCAPE) ? id.slice(ESCAPE.length) : id;
  }
}

/** Names travel as UTF-8, in which all lone surrogates would be the same. */
function requireWellFormed(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('A stream id must be valid Unicode, without lone surrogates');
}
