import { z } from 'zod';
import { serverSettings } from './server-settings';

const MIB = 1024 * 1024;

/**
 * Every setting of the platform: its type, limits, default and meaning. The reference page and the names of the
 * environment variables are made from this schema.
 */
export const settings = z.strictObject({
  dataDir: z.string().min(1).default('data').describe('Folder that holds the event log, the read models and the ledger'),
  chain: z
    .strictObject({
      id: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens, at most 64')
        .default('main')
        .describe('Name of the retail chain; part of the key of every receipt, so never change it once data are in'),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR')
        .default('EUR')
        .describe('Currency of a store that is registered without one'),
    })
    .prefault({}),
  intake: z
    .strictObject({
      claimWindowDays: z.int().min(0).max(3_650).default(30).describe('For so many days after an anonymous purchase a member may claim it'),
      futureToleranceMinutes: z
        .int()
        .min(0)
        .max(10_080)
        .default(1_440)
        .describe('A receipt whose business time lies further ahead than this is quarantined'),
      batchItemsMax: z.int().min(1).max(100_000).default(10_000).describe('Items in one batch request, at most'),
      streamChunkItems: z.int().min(1).max(10_000).default(500).describe('Items of a stream that are stored together'),
      streamLineBytesMax: z
        .int()
        .min(1_024)
        .max(16 * MIB)
        .default(MIB)
        .describe('Bytes in one line of a stream, at most'),
      topicStores: z
        .string()
        .regex(/^(\*|[^,\s]{1,64}(,[^,\s]{1,64}){0,999})$/, '* or store ids separated by commas')
        .default('*')
        .describe(
          "Stores whose items the intake topic may carry, separated by commas; * for all. Who may write to the topic is the broker's access control",
        ),
    })
    .prefault({}),
  http: z
    .strictObject({
      host: z.string().min(1).max(255).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for every interface'),
      port: z.int().min(0).max(65_535).default(7_171).describe('Port to listen on; 0 takes a free one'),
      bodyBytesMax: z
        .int()
        .min(1_024)
        .max(256 * MIB)
        .default(16 * MIB)
        .describe('Bytes in one JSON request body, at most; streams have no limit'),
      jsonDepthMax: z.int().min(4).max(256).default(32).describe('Levels of nesting in a JSON request body, at most'),
      connectionsMax: z.int().min(1).max(65_535).default(1_024).describe('Open connections, at most; further ones are closed at once'),
      headersTimeoutSeconds: z.int().min(1).max(600).default(10).describe('Time in which the head of a request must arrive'),
      bodyTimeoutSeconds: z.int().min(1).max(3_600).default(60).describe('Time in which a JSON request body must arrive'),
      idleTimeoutSeconds: z.int().min(1).max(3_600).default(120).describe('A connection on which nothing moves for so long is closed'),
      keepAliveSeconds: z.int().min(1).max(600).default(5).describe('How long a connection is kept for a next request'),
    })
    .prefault({}),
  logging: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
        .default('info')
        .describe('Least severity that is logged; successful requests are logged at debug'),
    })
    .prefault({}),
  shutdown: z
    .strictObject({
      deadlineSeconds: z
        .int()
        .min(1)
        .max(600)
        .default(20)
        .describe('Time for requests under way to finish; keep it below the grace period of whatever stops the process'),
    })
    .prefault({}),
  ...serverSettings,
});

/** The platform's settings, checked and complete. */
export type Configuration = z.infer<typeof settings>;

/** Settings as an operator writes them: everything optional. */
export type ConfigurationInput = z.input<typeof settings>;
