import { formatPassed, type Passed, parsePassed } from './position';

const NOBODY = '-';

/** What is kept beside a committed offset. */
export interface CommitMetadata {
  /** Member of the group that holds the source; undefined once it has let go of it. */
  readonly holder: string | undefined;
  readonly passed: Passed;
}

/** As text: `<holder, or -> <what has passed>`. */
export function formatCommit({ holder, passed }: CommitMetadata): string {
  return `${holder === undefined ? NOBODY : encodeURIComponent(holder)} ${formatPassed(passed)}`;
}

/** Reads it. Where somebody set the offset by Kafka's own tools there is none: nobody holds the source, and nothing is known to have passed. */
export function parseCommit(text: string | null): CommitMetadata {
  const [holder, ...rest] = (text ?? '').split(' ');
  try {
    return { holder: holder === NOBODY || !holder ? undefined : decodeURIComponent(holder), passed: parsePassed(rest.join(' ')) };
  } catch {
    return { holder: undefined, passed: {} };
  }
}
