import { createHash } from 'node:crypto';

/** Tiers from the top, with the share of heads in percent down to which each reaches. */
const CUTS = [
  ['devoted', 10],
  ['steady', 25],
  ['floating', 60],
  ['trial', 100],
];

/**
 * Tiers worked out a second time and in the plainest way: a Map, one sort, four cuts. What the platform answers is compared with it, and it
 * is what the peers compute with. Rules and digest as in docs/reference/pyramid.md.
 */
export class PlainTiers {
  amounts = new Map();

  /** Adds to a customer's contribution, minor units. */
  add(customer, net) {
    this.amounts.set(customer, (this.amounts.get(customer) ?? 0) + net);
  }

  /** Takes in one of the platform's domain events. */
  takeEvent(type, data) {
    if (type === 'purchase.recorded.v1') {
      if (data.customer === undefined) return;
      let net = 0;
      for (const line of data.lines) net += line.net;
      for (const line of data.returnedLines ?? []) net -= line.net;
      this.add(data.customer, net);
    } else if (type === 'purchase.returned.v1' && data.customer !== undefined) {
      let net = 0;
      for (const line of data.lines) net -= line.net;
      this.add(data.customer, net);
    }
  }

  /** Everybody from the top: `{customer, amount, tier}`; ties by id. */
  ranking() {
    const ranked = Array.from(this.amounts, ([customer, amount]) => ({ customer, amount, tier: '' }));
    ranked.sort((a, b) => b.amount - a.amount || (a.customer < b.customer ? -1 : 1));
    let from = 0;
    for (const [tier, percent] of CUTS) {
      const to = Math.floor((ranked.length * percent + 50) / 100);
      for (let place = from; place < to; place++) ranked[place].tier = tier;
      from = to;
    }
    return ranked;
  }
}

/** The digest of a ranking as the platform's pyramid over everything up to `asOf` states it, with heads and sum. */
export function digestOfRanking(ranked, asOf) {
  let sum = 0n;
  let total = 0;
  for (const { customer, amount, tier } of ranked) {
    total += amount;
    sum += BigInt(
      `0x${createHash('sha256')
        .update(JSON.stringify([customer, tier, amount]))
        .digest('hex')}`,
    );
  }
  const customers = (sum % 2n ** 256n).toString(16).padStart(64, '0');
  const what = { asOf, count: 'all', customers, from: null, scope: 'chain', to: asOf };
  return { customers: ranked.length, total, digest: createHash('sha256').update(JSON.stringify(what)).digest('hex') };
}
