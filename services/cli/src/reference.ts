import type { Command } from 'commander';
import { allCommands, buildProgram, exitCodeMeanings } from './program';

/** docs/reference/cli.md, made from the commands themselves. */
export function cliReference(): string {
  const program = buildProgram();
  const leaves = allCommands(program).filter((command) => command !== program && command.commands.length === 0);
  return [
    '# The command `regulars`',
    '',
    '<!-- Generated from services/cli by `npm run generate`; do not edit. -->',
    '',
    program.description(),
    '',
    'It finds the platform by `--url`, then `--data`, then `REGULARS_URL`, then the directory `./data`. With a URL the token is taken from',
    "`REGULARS_TOKEN`; with a data directory the administrator's token in it is used. A data directory whose platform does not run is served",
    'by the command itself while it lasts. Results go to standard output, progress and errors to standard error.',
    '',
    '## Options of every command',
    '',
    ...optionRows(program),
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| ---- | ------- |',
    ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...leaves.flatMap(section),
  ].join('\n');
}

function section(command: Command): string[] {
  const options = command.options.length > 0 ? ['', ...optionRows(command)] : [];
  const examples = exampleLines(command);
  return [
    `## ${usageName(command)}`,
    '',
    command.description(),
    '',
    '```',
    usage(command),
    '```',
    ...options,
    '',
    'Example:',
    '',
    '```sh',
    ...examples,
    '```',
    '',
  ];
}

function usageName(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${parent.name()} ${command.name()}` : command.name();
}

const usage = (command: Command) => `regulars ${usageName(command)} ${command.usage()}`;

function optionRows(command: Command): string[] {
  const rows = command.options.map((option) => {
    const facts = [
      option.description,
      option.mandatory ? 'required' : '',
      option.argChoices ? `one of ${option.argChoices.join(', ')}` : '',
    ];
    const preset = option.defaultValue === undefined ? '' : `default ${String(option.defaultValue)}`;
    return `| \`${option.flags.replaceAll('|', '\\|')}\` | ${[...facts, preset].filter(Boolean).join('; ')} |`;
  });
  return ['| option | meaning |', '| ------ | ------- |', ...rows];
}

function exampleLines(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text
    .slice(text.indexOf('\nExample:'))
    .split('\n')
    .filter((line) => line.startsWith('  $ '))
    .map((line) => line.slice('  $ '.length));
}
