import { command, group, withPlatform } from '../terminal/command';
import { issuedText, issueToken, listTokens, revokeToken, tokensText } from './token';

const add = () =>
  command('add', 'Issues the credential of a till, which works for its own terminal only.', ['till add --store s1 --terminal t1'])
    .requiredOption('--store <id>', 'the store it stands in')
    .requiredOption('--terminal <id>', 'its terminal id')
    .option('--label <text>', 'a remark')
    .action(
      withPlatform<{ store: string; terminal: string; label?: string }>(async ({ api, options, show }) => {
        const { store, terminal, label } = options;
        const issued = await issueToken(api, { role: 'till', stores: [store], terminal, label });
        show(issued, issuedText(issued));
      }),
    );

const list = () =>
  command('list', 'All tills that have a credential.', ['till list --store s1'])
    .option('--store <id>', 'one store only')
    .action(
      withPlatform<{ store?: string }>(async ({ api, options, show }) => {
        const tills = (await listTokens(api)).filter(
          ({ role, stores }) => role === 'till' && (!options.store || stores?.includes(options.store)),
        );
        show({ items: tills }, tokensText(tills, 'No till has a credential; `regulars till add` issues one.'));
      }),
    );

const revoke = () =>
  command('revoke', "Takes a till's credential back at once.", ['till revoke 0b8f…'])
    .argument('<id>', 'id of the credential, as `till list` shows it')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        show(await revokeToken(api, id), `The credential ${id} is revoked.`);
      }),
    );

/** `regulars till …` */
export const tillCommand = () => group('till', 'Credentials of tills.', [add(), list(), revoke()]);
