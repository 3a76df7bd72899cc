/** One wrong or unknown setting. */
export interface ConfigurationProblem {
  /** The setting's key, or the environment variable's name. */
  readonly key: string;
  /** `environment`, `command line`, or the path of the file. */
  readonly source: string;
  /** What kind of value it has; never the value, which may be a secret. */
  readonly kind: string;
  readonly reason: string;
}

/** The kind of a value, in an operator's words. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'list';
  return { string: 'text', object: 'mapping' }[typeof value as string] ?? typeof value;
}

/** The platform cannot start with these settings; the message lists all problems, one a line, and no value. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const lines = problems.map((problem) => `  ${problem.key} (${problem.kind}, from ${problem.source}): ${problem.reason}`);
    super(`The configuration is not valid:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
  }
}
