import { Option } from 'commander';
import type { ApiClient } from '../platform-access/api-client';
import { command, group, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface Token {
  readonly id: string;
  readonly role: string;
  /** `*` for all. */
  readonly stores?: readonly string[] | '*' | null;
  readonly terminal?: string | null;
  readonly label?: string | null;
  readonly issuedAt: string;
  readonly revokedAt?: string | null;
}

/** What issuing a token takes. */
export interface TokenRequest {
  readonly role: string;
  readonly stores?: readonly string[] | undefined;
  readonly terminal?: string | undefined;
  readonly label?: string | undefined;
}

/** Issues a token; the secret is in the answer and never again. */
export const issueToken = (api: ApiClient, request: TokenRequest) => api.post<{ id: string; token: string }>('/v1/tokens', request);

/** What a person is told about a new token. */
export const issuedText = ({ id, token }: { id: string; token: string }) =>
  `${token}\nThis is shown once only. To revoke it: regulars token revoke ${id}`;

/** Tokens as a table. */
export const tokensText = (tokens: readonly Token[], nothing: string) =>
  table(
    tokens,
    [
      { title: 'id', value: (token) => token.id },
      { title: 'role', value: (token) => token.role },
      { title: 'stores', value: ({ stores }) => (typeof stores === 'string' ? stores : stores?.join(', ')) },
      { title: 'terminal', value: (token) => token.terminal },
      { title: 'label', value: (token) => token.label },
      { title: 'issued', value: (token) => token.issuedAt },
      { title: 'revoked', value: (token) => token.revokedAt },
    ],
    nothing,
  );

/** All tokens that were ever issued. */
export const listTokens = async (api: ApiClient) => (await api.get<{ items: Token[] }>('/v1/tokens')).items;

/** Revokes a token by its id. */
export const revokeToken = (api: ApiClient, id: string) => api.post<unknown>(`/v1/tokens/${encodeURIComponent(id)}:revoke`);

const add = () =>
  command('add', 'Issues a token for a person or a program.', ['token add --role manager --store s1 --store s2 --label "North managers"'])
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['till', 'staff', 'manager', 'operations', 'sre', 'administrator'])
        .makeOptionMandatory(),
    )
    .option('--store <id...>', 'stores it is limited to')
    .option('--terminal <id>', 'for a till: its terminal')
    .option('--label <text>', 'whom it is for')
    .action(
      withPlatform<{ role: string; store?: string[]; terminal?: string; label?: string }>(async ({ api, options, show }) => {
        const { role, store, terminal, label } = options;
        const issued = await issueToken(api, { role, stores: store, terminal, label });
        show(issued, issuedText(issued));
      }),
    );

const list = () =>
  command('list', 'All tokens, without their secrets.', ['token list']).action(
    withPlatform(async ({ api, show }) => {
      const items = await listTokens(api);
      show({ items }, tokensText(items, 'No tokens.'));
    }),
  );

const revoke = () =>
  command('revoke', 'Takes a token back at once.', ['token revoke 0b8f…'])
    .argument('<id>', 'id of the token')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        show(await revokeToken(api, id), `Token ${id} is revoked.`);
      }),
    );

/** `regulars token …` */
export const tokenCommand = () => group('token', 'Who may use the platform.', [add(), list(), revoke()]);
