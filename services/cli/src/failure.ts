/** What the command's exit status tells a script. Documented in docs/reference/cli.md; never changed. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  leftovers: 4,
  checkFailed: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure told to a person: what, the particulars, what to do; and to a script, by its exit code. */
export class CliError extends Error {
  readonly whatToDo: string | undefined;
  /** The platform's error code, where the platform refused. */
  readonly code: string | undefined;

  constructor(
    readonly exitCode: ExitCode,
    readonly title: string,
    readonly detail?: string,
    more: { readonly whatToDo?: string | undefined; readonly code?: string | undefined } = {},
  ) {
    super(detail ? `${title}: ${detail}` : title);
    this.name = 'CliError';
    this.whatToDo = more.whatToDo;
    this.code = more.code;
  }
}

/** A failure as lines for the terminal, without a stack trace. */
export function failureText(error: CliError): string {
  return [`${error.title}${error.code ? ` (${error.code})` : ''}`, error.detail, error.whatToDo && `What to do: ${error.whatToDo}`]
    .filter(Boolean)
    .join('\n');
}

/** Anything thrown as a CliError: unforeseen errors keep their message and lose their stack. */
export function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  const fileFault = error instanceof Error && 'code' in error && 'path' in error ? 'A file cannot be used' : 'The command failed';
  return new CliError(exitCodes.failed, fileFault, error instanceof Error ? error.message : String(error));
}
