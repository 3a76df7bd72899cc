import { stringify } from 'yaml';
import { command, withPlatform } from '../terminal/command';

/** `regulars purchase` */
export const purchaseCommand = () =>
  command('purchase', 'One receipt with its returns, void and claim.', ['purchase online web 536365'])
    .argument('<store>', 'store id')
    .argument('<terminal>', 'terminal id')
    .argument('<receipt>', 'receipt number')
    .action(
      withPlatform(async ({ api, show }, ...key) => {
        const receipt = await api.get<unknown>(`/v1/purchases/${key.map(encodeURIComponent).join('/')}`);
        show(receipt, stringify(receipt));
      }),
    );
