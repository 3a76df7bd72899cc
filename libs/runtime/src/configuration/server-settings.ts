import { z } from 'zod';

/** What a setting of separate services says first, since the platform in one process has no use for it. */
const separate = (meaning: string): string => `Separate services: ${meaning}`;
const path = (meaning: string) => z.string().max(4_096).default('').describe(separate(meaning));
const text = (meaning: string) => z.string().max(1_024).default('').describe(separate(meaning));

/**
 * The servers that services need where each is a process of its own. A text that is empty is not set. The platform in one process
 * ignores all of them.
 */
export const serverSettings = {
  kafka: z
    .strictObject({
      brokers: z
        .string()
        .max(4_096)
        .regex(/^([^\s:,/@]+:\d{1,5}(,[^\s:,/@]+:\d{1,5})*)?$/, 'host:port, several separated by commas')
        .default('')
        .describe(separate('brokers to ask first, host:port separated by commas')),
      clientId: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dots, underscores and hyphens, at most 100')
        .default('regulars')
        .describe(separate("what the brokers' logs and quotas call these services")),
      topicSuffix: z
        .string()
        .regex(/^[A-Za-z0-9._-]{0,50}$/, 'letters, digits, dots, underscores and hyphens, at most 50')
        .default('')
        .describe(separate('put after the name of every topic, so that a second set can be filled beside the first')),
      alsoRelayTo: z
        .string()
        .regex(/^([A-Za-z0-9._-]{1,50}(,[A-Za-z0-9._-]{1,50}){0,3})?$/, 'at most four suffixes of 50 characters, separated by commas')
        .refine((suffixes) => new Set(suffixes.split(',')).size === suffixes.split(',').length, 'a suffix comes twice')
        .default('')
        .describe(
          separate(
            'suffixes of further sets of topics that the purchase service fills with all its events, such as .p6; they must be there',
          ),
        ),
      sessionTimeoutSeconds: z
        .int()
        .min(6)
        .max(1_800)
        .default(30)
        .describe(separate('a process that Kafka has not heard of for so long loses its partitions to the others')),
      topicsFile: path('YAML file of the topics and their partitions; default: the one these services come with'),
      tls: z.boolean().default(false).describe(separate('speak TLS with the brokers')),
      caFile: path("certificates (PEM) the brokers' are checked against; default: those of Node.js"),
      certFile: path('own certificate (PEM), where brokers ask for one'),
      keyFile: path('key (PEM) of the own certificate'),
      saslMechanism: z
        .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
        .default('none')
        .describe(separate('how to log in to the brokers: none, plain, scram-sha-256 or scram-sha-512')),
      username: text('name to log in to the brokers with'),
      password: text('password of that name'),
    })
    .refine(({ saslMechanism, username, password }) => saslMechanism === 'none' || (username !== '' && password !== ''), {
      path: ['saslMechanism'],
      message: 'needs kafka.username and kafka.password',
    })
    .refine(({ topicSuffix, alsoRelayTo }) => topicSuffix === '' || !alsoRelayTo.split(',').includes(topicSuffix), {
      path: ['alsoRelayTo'],
      message: 'names kafka.topicSuffix, to which is relayed anyway',
    })
    .prefault({}),
  mongodb: z
    .strictObject({
      url: z
        .string()
        .max(4_096)
        .regex(/^(mongodb(\+srv)?:\/\/\S+)?$/, 'mongodb://… or mongodb+srv://…')
        .default('')
        .describe(separate('connection string of the MongoDB that keeps the read models, with user and password where it asks for them')),
      database: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,38}$/, 'letters, digits, underscores and hyphens, at most 38')
        .default('regulars')
        .describe(separate("beginning of the databases' names; each service has its own, such as regulars-purchase")),
      bulkWritesMax: z
        .int()
        .min(1)
        .max(100_000)
        .default(1_000)
        .describe(separate('writes in one command, at most; 32 for servers that give each a connection of its own')),
      caFile: path("certificates (PEM) MongoDB's is checked against; default: those of Node.js"),
    })
    .prefault({}),
  eventStore: z
    .strictObject({
      url: z
        .string()
        .max(4_096)
        .regex(/^(esdb(\+discover)?:\/\/\S+)?$/, 'esdb://… or esdb+discover://…')
        .default('')
        .describe(
          separate(
            'connection string of EventStoreDB, with user and password where it asks for them; without it one purchase process keeps the log in its data directory',
          ),
        ),
      caFile: path("certificates (PEM) EventStoreDB's is checked against; default: those of Node.js"),
    })
    .prefault({}),
};
