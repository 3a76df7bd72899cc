import type { Command } from 'commander';
import { stringify } from 'yaml';
import { CliError, exitCodes } from '../failure';
import { command, group, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface Store {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly opened?: string | null;
  readonly closed?: string | null;
}
type Facts = Partial<Omit<Store, 'id'>>;

const path = (id: string, action = '') => `/v1/stores/${encodeURIComponent(id)}${action}`;
const given = ({ name, region, timeZone, currency, opened, closed }: Facts): Facts =>
  Object.fromEntries(Object.entries({ name, region, timeZone, currency, opened, closed }).filter(([, value]) => value !== undefined));

const add = () =>
  command('add', 'Registers a store. The same again changes nothing.', [
    "store add s1 --name 'High Street' --region north --time-zone Europe/London --currency GBP --opened 2020-03-01",
  ])
    .argument('<id>', 'store id, as the tills send it')
    .requiredOption('--name <name>', 'name')
    .requiredOption('--region <region>', 'region')
    .requiredOption('--time-zone <zone>', 'IANA name, for example Europe/London')
    .requiredOption('--currency <code>', 'ISO 4217, for example GBP')
    .option('--opened <date>', 'first day of business')
    .option('--closed <date>', 'first day on which it no longer sells')
    .action(
      withPlatform<Facts>(async ({ api, options, show }, id = '') => {
        const store = await api.post<Store>('/v1/stores', { id, ...given(options) });
        show(store, `Store ${id} is registered.`);
      }),
    );

const list = () =>
  command('list', 'All stores.', ['store list --json']).action(
    withPlatform(async ({ api, show }) => {
      const answer = await api.get<Store[] | { items: Store[] }>('/v1/stores');
      const stores = Array.isArray(answer) ? answer : answer.items;
      const text = table(
        stores,
        [
          { title: 'id', value: (store) => store.id },
          { title: 'name', value: (store) => store.name },
          { title: 'region', value: (store) => store.region },
          { title: 'time zone', value: (store) => store.timeZone },
          { title: 'currency', value: (store) => store.currency },
          { title: 'opened', value: (store) => store.opened },
          { title: 'closed', value: (store) => store.closed },
        ],
        'No store is registered; `regulars store add` registers one.',
      );
      show(answer, text);
    }),
  );

const showOne = () =>
  command('show', 'One store.', ['store show s1'])
    .argument('<id>', 'store id')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        const store = await api.get<Store>(path(id));
        show(store, stringify(store));
      }),
    );

const withFacts = (change: Command) =>
  change
    .option('--name <name>', 'name')
    .option('--region <region>', 'region')
    .option('--time-zone <zone>', 'IANA name')
    .option('--currency <code>', 'ISO 4217')
    .option('--opened <date>', 'first day of business')
    .option('--closed <date>', 'first day on which it no longer sells');

const change = () =>
  withFacts(command('change', 'Changes facts of a store; what is not named stays.', ["store change s1 --name 'High Street North'"]))
    .argument('<id>', 'store id')
    .action(
      withPlatform<Facts>(async ({ api, options, show }, id = '') => {
        const changes = given(options);
        if (Object.keys(changes).length === 0) {
          throw new CliError(exitCodes.usage, 'Nothing to change', 'No fact was named.', { whatToDo: 'See regulars store change --help.' });
        }
        const { name, region, timeZone, currency, opened, closed } = await api.get<Store>(path(id));
        const before = Object.fromEntries(
          Object.entries({ name, region, timeZone, currency, opened, closed }).filter(([, value]) => value != null),
        );
        const store = await api.put<Store>(path(id), { ...before, ...changes });
        show(store, `Store ${id} is changed.`);
      }),
    );

const close = () =>
  command('close', 'Closes a store: later receipts are quarantined.', ['store close s1 --on 2026-12-31'])
    .argument('<id>', 'store id')
    .requiredOption('--on <date>', 'first day on which it no longer sells')
    .action(
      withPlatform<{ on: string }>(async ({ api, options, show }, id = '') => {
        const store = await api.post<Store>(path(id, ':close'), { closed: options.on });
        show(store, `Store ${id} is closed from ${options.on} on.`);
      }),
    );

/** `regulars store …` */
export const storeCommand = () => group('store', 'The stores of the chain.', [add(), list(), showOne(), change(), close()]);
