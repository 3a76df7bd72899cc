import { command, group, withPlatform } from '../terminal/command';
import { table } from '../terminal/table';

interface DeadLetter {
  readonly id: string;
  readonly consumer: string;
  readonly key: string;
  readonly type: string;
  readonly position: string;
  readonly reason: string;
  readonly parkedAt: string;
  readonly attempts: number;
}

const list = () =>
  command('list', 'Messages that a consumer could not handle.', ['dead-letters list --consumer contribution'])
    .option('--consumer <name>', 'one consumer only')
    .action(
      withPlatform<{ consumer?: string }>(async ({ api, options, show }) => {
        const found = await api.get<{ items: DeadLetter[] }>('/v1/dead-letters', { consumer: options.consumer });
        const text = table(
          found.items,
          [
            { title: 'id', value: (letter) => letter.id },
            { title: 'consumer', value: (letter) => letter.consumer },
            { title: 'type', value: (letter) => letter.type },
            { title: 'position', value: (letter) => letter.position },
            { title: 'parked', value: (letter) => letter.parkedAt },
            { title: 'attempts', value: (letter) => letter.attempts, right: true },
            { title: 'reason', value: (letter) => letter.reason },
          ],
          'No dead letters.',
        );
        show(found, text);
      }),
    );

const redrive = () =>
  command('redrive', 'Handles a dead letter again, and what is parked behind it.', ['dead-letters redrive 0b8f…'])
    .argument('<id>', 'id of the dead letter')
    .action(
      withPlatform(async ({ api, show }, id = '') => {
        show(await api.post<unknown>(`/v1/dead-letters/${encodeURIComponent(id)}:redrive`), `Dead letter ${id} is re-driven.`);
      }),
    );

/** `regulars dead-letters …` */
export const deadLettersCommand = () => group('dead-letters', 'Messages that could not be handled.', [list(), redrive()]);
