import { CliError, exitCodes } from '../failure';
import { command, withPlatform } from '../terminal/command';

interface Digest {
  readonly digest: string;
  readonly customers: number;
  readonly rows: number;
  readonly position: string;
}

/** `regulars digest` */
export const digestCommand = () =>
  command('digest', 'The canonical digest of all contributions: equal digests mean equal states.', ['digest', 'digest --compare 5f2c…'])
    .option('--compare <digest>', 'exit with 5 where the digest is another')
    .option(
      '--at-least <position>',
      'only once everything up to this position of the event log is in it, such as the head that `status` shows',
    )
    .action(
      withPlatform<{ compare?: string; atLeast?: string }>(async ({ api, options, show }) => {
        const digest = await api.get<Digest>('/v1/digest', { atLeast: options.atLeast });
        show(digest, `${digest.digest}  (${digest.customers} customers, ${digest.rows} rows, at ${digest.position})`);
        if (options.compare !== undefined && options.compare !== digest.digest) {
          throw new CliError(exitCodes.checkFailed, 'The digests differ', `expected ${options.compare}\nfound    ${digest.digest}`, {
            whatToDo: 'Compare at the same log position; if they still differ there, run `regulars verify`.',
          });
        }
        return exitCodes.ok;
      }),
    );
