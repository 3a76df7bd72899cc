import { CommanderError } from 'commander';
import { asCliError, exitCodes, failureText } from './failure';
import { buildProgram } from './program';

/** Runs the command line. Failures become a few plain lines and an exit code. */
async function main(): Promise<void> {
  try {
    await buildProgram().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const failure = asCliError(error);
  const asJson = process.argv.includes('--json');
  const { title, detail, code, whatToDo, exitCode } = failure;
  process.stderr.write(`${asJson ? JSON.stringify({ error: { title, detail, code, whatToDo, exitCode } }) : failureText(failure)}\n`);
  return exitCode;
}

// A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? process.exitCode : exitCodes.failed));

void main();
