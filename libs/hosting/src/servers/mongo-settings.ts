import type { Configuration } from '@regulars/runtime';

/** The settings of MongoDB as its adapter takes them, with the database of one service. */
export function mongoSettings({ mongodb }: Configuration, service: string) {
  const { url, database, bulkWritesMax, caFile } = mongodb;
  return { url, database: `${database}-${service}`, bulkWritesMax, ...(caFile === '' ? {} : { tlsCaFile: caFile }) };
}
