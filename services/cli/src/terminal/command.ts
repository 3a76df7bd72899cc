import { Command } from 'commander';
import { exitCodes, type ExitCode } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import { connect, type ConnectionOptions } from '../platform-access/connection';

/** Options that every command has. */
export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** What an action gets to work with. */
export interface Session<Options> {
  readonly api: ApiClient;
  readonly options: Options & GlobalOptions;
  /** Prints a result: as JSON where --json is given, otherwise as the text. */
  show(result: unknown, text: string): void;
}

/** A command with its example, which --help and the reference show. */
export function command(name: string, summary: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(summary)
    .addHelpText('after', `\nExample:\n${examples.map((line) => `  $ regulars ${line}`).join('\n')}`);
}

/** A group of commands, shown by name only. */
export function group(name: string, summary: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(summary);
  for (const child of commands) parent.addCommand(child);
  const example = commands[0] ? `\nExample:\n  $ regulars ${name} ${commands[0].name()} --help` : '';
  return parent.addHelpText('after', example);
}

type Act<Options> = (session: Session<Options>, ...names: string[]) => Promise<ExitCode | void>;

/** Makes an action that talks to the platform: connects, acts, closes, and sets the exit code. */
export function withPlatform<Options = unknown>(act: Act<Options>): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const self = given[given.length - 1] as Command;
    const options = self.optsWithGlobals<Options & GlobalOptions>();
    const connection = await connect(options);
    const interrupt = () => void connection.close().finally(() => process.exit(exitCodes.interrupted));
    process.once('SIGINT', interrupt);
    try {
      const names = given.slice(0, -2).filter((value): value is string => typeof value === 'string');
      process.exitCode = (await act({ api: connection.api, options, show: shower(options) }, ...names)) ?? exitCodes.ok;
    } finally {
      process.removeListener('SIGINT', interrupt);
      await connection.close();
    }
  };
}

/** Prints results in the form the options ask for. */
export function shower(options: GlobalOptions): Session<unknown>['show'] {
  return (result, text) => print(options.json ? JSON.stringify(result, null, 2) : text);
}

/** Writes to standard output. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Progress and remarks go to standard error, so that standard output stays a result. */
export function remark(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}
