/** Kafka cannot be reached, or does not answer, now. What was asked may be asked again. */
export class KafkaUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KafkaUnavailable';
  }
}

const CAUSES_MAX = 10;

/** The error and its causes, the first cause last. Of several errors told as one the first stands for all. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let link = error; link instanceof Error && chain.length < CAUSES_MAX; link = causeOf(link)) chain.push(link);
  return chain;
}

function causeOf(error: Error): unknown {
  const { errors } = error as { readonly errors?: readonly unknown[] };
  return error.cause ?? (Array.isArray(errors) ? errors[0] : undefined);
}

/** What went wrong, in a few words and without a stack. */
export function reasonOf(error: unknown): string {
  return chainOf(error).at(-1)?.message ?? String(error);
}

/** True for an error of the connection, or of a broker that is not itself now: trying again later may help. */
export function isPassing(error: unknown): boolean {
  const chain = chainOf(error);
  if (chain.some((link) => link instanceof KafkaUnavailable)) return true;
  const said = chain.findLast(({ name }) => name.startsWith('KafkaJS'));
  if (!said) return chain.some((link) => typeof (link as NodeJS.ErrnoException).syscall === 'string');
  return said.name === 'KafkaJSNumberOfRetriesExceeded' || (said as { readonly retriable?: boolean }).retriable !== false;
}

/** The error as a user of the bus sees it: `KafkaUnavailable` where trying again may help. */
export function translated(what: string, error: unknown): Error {
  const message = `${what}: ${reasonOf(error)}`;
  return isPassing(error)
    ? new KafkaUnavailable(`${message}; it may be tried again`, { cause: error })
    : new Error(message, { cause: error });
}
