import { Command } from 'commander';
import { customerCommand } from './customers/customer';
import { importCommand } from './import/import-command';
import { exportLogCommand } from './log-transfer/export-log';
import { importLogCommand } from './log-transfer/import-log';
import { backupCommand, restoreCommand } from './operations/backup';
import { deadLettersCommand } from './operations/dead-letters';
import { replayCommand } from './operations/replay';
import { statusCommand } from './operations/status';
import { verifyCommand } from './operations/verify';
import { gapsCommand } from './purchases/gaps';
import { intakeCommand } from './purchases/intake-report';
import { purchaseCommand } from './purchases/purchase';
import { quarantineCommand } from './purchases/quarantine';
import { storeCommand } from './stores/store';
import { digestCommand } from './tiers/digest';
import { pyramidCommand } from './tiers/pyramid';
import { tillCommand } from './tills/till';
import { tokenCommand } from './tills/token';
import { topicsCommand } from './topics/topics';

/** Meanings of the exit codes, as --help and the reference show them. */
export const exitCodeMeanings: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [1, 'refused, or failed'],
  [2, 'wrong usage: options, arguments, mapping, or no platform named'],
  [3, 'the platform, one of its services or Kafka cannot be reached'],
  [4, 'finished, but something was rejected or is in quarantine'],
  [5, 'a check failed: verify, a comparison of digests or topics'],
  [130, 'interrupted'],
];

/** The whole command. Throws CommanderError instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command('regulars')
    .description('Regulars from the command line: who the best customers are, and everything operations needs.')
    .option('--data <dir>', 'data directory of a platform on this machine (default: ./data); served by this command where none runs')
    .option('--url <url>', 'address of the platform (default: REGULARS_URL); the token is read from REGULARS_TOKEN')
    .option('--service <name>', 'ask one service alone, where they run as separate processes: purchase, loyalty-tier')
    .option('--json', 'print results as JSON')
    .helpCommand(false)
    .showHelpAfterError('(--help shows how it is used)')
    .addHelpText(
      'after',
      `\nExit codes:\n${exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`,
    );
  const commands = [
    statusCommand(),
    pyramidCommand(),
    customerCommand(),
    digestCommand(),
    purchaseCommand(),
    importCommand(),
    intakeCommand(),
    quarantineCommand(),
    gapsCommand(),
    storeCommand(),
    tillCommand(),
    tokenCommand(),
    replayCommand(),
    deadLettersCommand(),
    verifyCommand(),
    backupCommand(),
    restoreCommand(),
    exportLogCommand(),
    importLogCommand(),
    topicsCommand(),
  ];
  for (const child of commands) program.addCommand(child);
  for (const each of allCommands(program)) each.exitOverride().helpCommand(false);
  return program;
}

/** A command and everything below it. */
export function allCommands(top: Command): Command[] {
  return [top, ...top.commands.flatMap(allCommands)];
}
