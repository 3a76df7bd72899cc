import { parseDocument } from 'yaml';
import { z } from 'zod';

const NAME = /^[a-zA-Z0-9._-]+$/;
/** Settings that a topic's own members say; `config` may not contradict them. */
const OWN_SETTINGS = ['retention.ms', 'cleanup.policy'];

const topic = z
  .strictObject({
    name: z
      .string()
      .max(200)
      .regex(NAME, 'letters, digits, dots, underscores and hyphens only')
      .refine((name) => name !== '.' && name !== '..', 'not a name'),
    partitions: z.int().min(1).max(10_000),
    retentionHours: z.union([z.literal('forever'), z.number().positive().max(1_000_000)]),
    cleanup: z.enum(['delete', 'compact']).default('delete'),
    replicationFactor: z.int().min(1).max(100).optional(),
    config: z
      .record(z.string().regex(/^[a-z.]+$/), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({})
      .refine((config) => OWN_SETTINGS.every((name) => !Object.hasOwn(config, name)), 'retention and cleanup have members of their own'),
  })
  .readonly();

const file = z.strictObject({
  topics: z
    .array(topic)
    .min(1)
    .max(1_000)
    .refine((topics) => new Set(topics.map(({ name }) => name)).size === topics.length, 'a name comes twice'),
});

/** A topic as it must be. Names are logical: a setting may add a suffix to all of them. */
export type TopicSpec = z.output<typeof topic>;

/** The topics that a YAML text describes. Throws an Error that names every fault and its place. */
export function readTopics(yamlText: string): TopicSpec[] {
  const document = parseDocument(yamlText);
  const fault = document.errors[0];
  if (fault) throw new Error(`The topics are no YAML: ${fault.message}`);
  const read = file.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (read.success) return [...read.data.topics];
  const faults = read.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`);
  throw new Error(`The topics cannot be used: ${faults.join('; ')}`);
}

/** A topic's settings as Kafka names them. */
export function settingsOf({ retentionHours, cleanup, config }: TopicSpec): Readonly<Record<string, string>> {
  const retentionMs = retentionHours === 'forever' ? -1 : Math.round(retentionHours * 3_600_000);
  return { 'retention.ms': String(retentionMs), 'cleanup.policy': cleanup, ...config };
}
