import { DigestSum } from './digest';
import { Names, type NamesHandle } from './dictionary';
import { NO_BAND } from './ranking';
import { netOf, type Sums } from './sums';

/** What the digest of a ranking is made from. */
export interface RankingDigestTask {
  readonly sums: Sums;
  readonly bands: Uint8Array;
  readonly customers: NamesHandle;
  /** What each band is called; several may share a name. */
  readonly labels: readonly string[];
  readonly fromCustomer: number;
  readonly toCustomer: number;
}

/** Sum modulo 2^256 over the ranked customers of the SHA-256 of the JSON array `[id, label, amount]`; 64 hexadecimal digits. */
export function rankingDigest({ sums, bands, customers, labels, fromCustomer, toCustomer }: RankingDigestTask): string {
  const names = new Names(customers);
  const texts = labels.map((label) => JSON.stringify(label));
  const sum = new DigestSum();
  for (let customer = fromCustomer; customer < toCustomer; customer++) {
    const band = bands[customer]!;
    if (band === NO_BAND) continue;
    sum.add(`[${JSON.stringify(names.name(customer))},${texts[band]},${netOf(sums, customer)}]`);
  }
  return sum.hex();
}
