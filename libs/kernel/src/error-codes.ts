/** What an error code means: its HTTP status, a title that never changes, and what the receiver should do. */
export interface ErrorCode {
  readonly status: number;
  readonly title: string;
  readonly whatToDo: string;
}

/**
 * Every error code of the platform. Codes are for ever: clients branch on them, so one is never renamed or
 * given another meaning. `docs/reference/errors.md` is generated from this list.
 */
export const errorCodes = {
  'request.malformed': {
    status: 400,
    title: 'The request cannot be read',
    whatToDo: 'Send well-formed JSON in UTF-8, as the API reference shows.',
  },
  'request.invalid': {
    status: 422,
    title: 'The request does not match its schema',
    whatToDo: 'Correct the fields named in `errors` and send it again.',
  },
  'request.too-large': { status: 413, title: 'The request is too large', whatToDo: 'Send smaller batches, or use the NDJSON stream.' },
  'request.unsupported-media-type': {
    status: 415,
    title: 'The content type is not supported here',
    whatToDo: 'Send application/json, or application/x-ndjson to a stream.',
  },
  'request.not-found': {
    status: 404,
    title: 'There is nothing at this address',
    whatToDo: 'Check the address against the API reference at /docs.',
  },
  'request.method-not-allowed': {
    status: 405,
    title: 'The address does not take this method',
    whatToDo: 'Check the method against the API reference at /docs.',
  },
  'request.timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    whatToDo: 'Send it again; repeats have no second effect.',
  },
  'access.unauthenticated': {
    status: 401,
    title: 'A valid token is required',
    whatToDo: 'Send `Authorization: Bearer <token>` with a token that has not been revoked.',
  },
  'access.forbidden': {
    status: 403,
    title: 'This token may not do that',
    whatToDo: 'Use a token whose role and stores cover it, or ask an administrator for one.',
  },
  'access.wrong-terminal': {
    status: 403,
    title: 'A till may only write for its own terminal',
    whatToDo: 'Use the credential issued for the terminal named on the receipt.',
  },
  'access.token-unknown': { status: 404, title: 'No such token', whatToDo: 'List the tokens to find the id.' },
  'store.unknown': {
    status: 422,
    title: 'The store is not registered',
    whatToDo: 'Register the store; what waits for it in quarantine is then taken by itself.',
  },
  'store.conflict': { status: 409, title: 'The store is registered with other facts', whatToDo: 'Change the store, or use another id.' },
  'store.currency': {
    status: 409,
    title: 'A chain sells in one currency',
    whatToDo: 'Register the store with the currency of the other stores, or run a chain of its own for it.',
  },
  'store.not-open': {
    status: 422,
    title: 'The store was not open on that day',
    whatToDo: 'Check the business time of the receipt, or correct the dates of the store.',
  },
  'store.not-found': { status: 404, title: 'No such store', whatToDo: 'List the stores to find the id.' },
  'purchase.conflict': {
    status: 409,
    title: 'This receipt is already recorded with other content',
    whatToDo: 'Compare both versions in quarantine; correct and re-drive, or dismiss.',
  },
  'purchase.not-found': { status: 404, title: 'No such receipt', whatToDo: 'Check store, terminal and receipt number.' },
  'purchase.unknown': {
    status: 422,
    title: 'The receipt it refers to has not arrived yet',
    whatToDo: 'Nothing: it waits in quarantine and is taken by itself when the receipt arrives.',
  },
  'purchase.future': {
    status: 422,
    title: 'The business time lies in the future',
    whatToDo: 'Set the clock of the till and correct the entry in quarantine.',
  },
  'purchase.currency': {
    status: 422,
    title: 'The currency is not the one of the store',
    whatToDo: 'Send amounts in the currency the store is registered with.',
  },
  'purchase.amount': {
    status: 422,
    title: 'An amount is out of range',
    whatToDo: 'Amounts are integers of minor units within ±9,007,199,254,740,991.',
  },
  'purchase.voided': {
    status: 409,
    title: 'The receipt has been voided',
    whatToDo: 'Check the receipt number; a voided receipt takes nothing more.',
  },
  'return.exceeds': {
    status: 422,
    title: 'More is returned than was bought',
    whatToDo: 'Check the quantities; earlier returns on the same receipt count.',
  },
  'return.line-unknown': { status: 422, title: 'The receipt has no such line', whatToDo: 'Refer to a line that the original receipt has.' },
  'return.currency': {
    status: 422,
    title: 'The return is in another currency than its purchase',
    whatToDo: 'Return in the currency of the purchase.',
  },
  'void.has-returns': { status: 409, title: 'A receipt with returns cannot be voided', whatToDo: 'Return the rest instead.' },
  'claim.has-customer': { status: 409, title: 'The purchase already belongs to a customer', whatToDo: 'Check the receipt number.' },
  'claim.window-closed': {
    status: 422,
    title: 'The purchase is too old to be claimed',
    whatToDo: 'Nothing; the window is set by the chain.',
  },
  'quarantine.not-found': { status: 404, title: 'No such quarantine entry', whatToDo: 'List the quarantine to find the id.' },
  'quarantine.settled': {
    status: 409,
    title: 'The quarantine entry is already settled',
    whatToDo: 'Nothing: it was taken or dismissed before.',
  },
  'pyramid.window': {
    status: 422,
    title: 'The window cannot be read',
    whatToDo: 'Use all, a number of months such as 12m, a year such as 2026, or a range such as 2026-01-01..2026-03-31.',
  },
  'pyramid.scope': { status: 422, title: 'The scope cannot be read', whatToDo: 'Use chain, region:NAME, store:ID or category:NAME.' },
  'position.not-reached': {
    status: 503,
    title: 'Answers do not include that position yet',
    whatToDo: 'Ask again in a moment; if it stays, look at the lag in the status, and check the position.',
  },
  'customer.not-found': {
    status: 404,
    title: 'No such customer',
    whatToDo: 'Check the id; a customer is known from the first purchase on.',
  },
  'replay.not-found': { status: 404, title: 'No such replay', whatToDo: 'List the replays to find the id.' },
  'replay.running': {
    status: 409,
    title: 'A replay of this projection is already under way',
    whatToDo: 'Wait for it, or cancel it first.',
  },
  'replay.state': { status: 409, title: 'The replay is in no state for that', whatToDo: 'Look at its status and choose what it allows.' },
  'replay.projection-unknown': { status: 404, title: 'No such projection', whatToDo: 'Choose one of the projections the status lists.' },
  'replay.digest-differs': {
    status: 409,
    title: 'The replayed state differs from the live one',
    whatToDo: 'Do not switch; keep both and report it. `force` switches all the same.',
  },
  'dead-letter.not-found': { status: 404, title: 'No such dead letter', whatToDo: 'List the dead letters to find the id.' },
  'concurrency.conflict': {
    status: 409,
    title: 'Somebody changed the same thing at the same time',
    whatToDo: 'Read it again and repeat the request.',
  },
  'platform.not-ready': {
    status: 503,
    title: 'The platform is not ready',
    whatToDo: 'Wait and ask again; `checks` says what it waits for.',
  },
  'platform.busy': {
    status: 503,
    title: 'Too many requests of this kind wait already',
    whatToDo: 'Send it again in a moment, and fewer at a time.',
  },
  'platform.stopping': {
    status: 503,
    title: 'The platform is shutting down',
    whatToDo: 'Send it again after the restart; repeats have no second effect.',
  },
  'store.unavailable': {
    status: 503,
    title: 'The event store cannot take writes',
    whatToDo: 'Send it again later; repeats have no second effect. Operations: see the log (disk full?).',
  },
  'platform.fault': { status: 500, title: 'The platform failed', whatToDo: 'Send it again; if it stays, report the request id.' },
} as const satisfies Record<string, ErrorCode>;

/** The name of one of the platform's error codes. */
export type ErrorCodeName = keyof typeof errorCodes;

/** An error that carries one of the codes; thrown where a caller's code cannot be handed a refusal as a value. */
export class CodedError extends Error {
  constructor(
    readonly code: ErrorCodeName,
    message: string,
    readonly facts?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
    this.name = 'CodedError';
  }
}
