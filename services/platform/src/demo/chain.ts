/** The demo chain: made up, like everything in the demo. */
export const demoStores = [
  {
    id: 'berlin-mitte',
    name: 'Berlin Mitte',
    region: 'north',
    timeZone: 'Europe/Berlin',
    currency: 'EUR',
    terminals: ['1', '2', '3'],
    share: 30,
  },
  {
    id: 'hamburg-altona',
    name: 'Hamburg Altona',
    region: 'north',
    timeZone: 'Europe/Berlin',
    currency: 'EUR',
    terminals: ['1', '2'],
    share: 25,
  },
  {
    id: 'bremen-viertel',
    name: 'Bremen Viertel',
    region: 'north',
    timeZone: 'Europe/Berlin',
    currency: 'EUR',
    terminals: ['1'],
    share: 12,
  },
  { id: 'wien-neubau', name: 'Wien Neubau', region: 'south', timeZone: 'Europe/Vienna', currency: 'EUR', terminals: ['1', '2'], share: 20 },
  { id: 'muenchen-au', name: 'München Au', region: 'south', timeZone: 'Europe/Berlin', currency: 'EUR', terminals: ['1'], share: 13 },
] as const;

export type DemoStore = (typeof demoStores)[number];

/** Articles by category, with a price in cents and what it costs the chain, in percent of the price. */
export const demoArticles = [
  { sku: 'BREAD-01', category: 'bakery', price: 420, cost: 45 },
  { sku: 'ROLL-02', category: 'bakery', price: 90, cost: 40 },
  { sku: 'CAKE-03', category: 'bakery', price: 2_450, cost: 50 },
  { sku: 'COFFEE-11', category: 'coffee', price: 1_290, cost: 55 },
  { sku: 'ESPRESSO-12', category: 'coffee', price: 1_890, cost: 52 },
  { sku: 'TEA-13', category: 'coffee', price: 650, cost: 48 },
  { sku: 'WINE-21', category: 'wine', price: 1_150, cost: 60 },
  { sku: 'WINE-22', category: 'wine', price: 2_490, cost: 58 },
  { sku: 'CHEESE-31', category: 'delicatessen', price: 780, cost: 62 },
  { sku: 'HAM-32', category: 'delicatessen', price: 1_080, cost: 64 },
  { sku: 'OIL-33', category: 'delicatessen', price: 1_690, cost: 57 },
  { sku: 'MUG-41', category: 'household', price: 1_490, cost: 35 },
  { sku: 'PAN-42', category: 'household', price: 5_900, cost: 55 },
] as const;

/** How many customers, and the year they buy in: fixed, so that every demo is the same. */
export const demoPlan = { seed: 20_250_701, customers: 2_000, firstDay: '2025-07-01', days: 365 } as const;
