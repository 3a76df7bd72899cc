import { type IntegrationEvent, integrationEvent } from '@regulars/contracts';
import { z } from 'zod';

/** Topic on which the instances of this service work out a ranking together. Internal, and read by nobody else. */
export const RANKINGS_TOPIC = 'loyalty-tier.rankings.v1';

/** Most messages one answer of a partition may be cut into. */
export const PARTS_MAX = 1_024;

const id = z.string().min(1).max(200);
const name = z.string().max(4_096);
const position = z.string().min(1).max(200);
const count = z.int().min(0);
const amount = z.int();
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const contributionQuery = z.strictObject({
  fromDay: z.int(),
  toDay: z.int(),
  stores: z.array(name).max(65_534).optional(),
  category: name.optional(),
});

const rankingTask = z.strictObject({
  kind: z.literal('ranking'),
  query: contributionQuery,
  count: z.enum(['all', 'positive']),
  percents: z.array(z.int().min(1).max(100)).min(1).max(100),
  labels: z.array(name).max(100).optional(),
  subject: name.optional(),
});

// What a newer version says besides does not keep an older one from answering: both share the partitions while instances are replaced.
// What is asked must be understood whole: a question of which a part is left out is another question.
const asked = z.object({
  question: id,
  /** Position in the log that the answer is about. */
  at: position,
  askedAt: z.iso.datetime(),
  /** How long whoever asked waits. */
  withinMs: z.int().min(1).max(600_000),
  task: z.discriminatedUnion('kind', [rankingTask, z.strictObject({ kind: z.literal('digest') })]),
});

const content = z.discriminatedUnion('round', [
  z.strictObject({
    round: z.literal('distribution'),
    /** Buckets and how many customers are in them. */
    buckets: z.array(count).max(8_192),
    categoryKnown: z.boolean(),
    /** The subject, where it has a number in this partition. */
    subject: z.strictObject({ amount, visits: z.int(), ranked: z.boolean(), known: z.boolean() }).optional(),
  }),
  /** Amounts and how many customers have them. */
  z.strictObject({ round: z.literal('values'), values: z.array(amount).max(40_000) }),
  /** The first ids of one tie. */
  z.strictObject({ round: z.literal('ties'), tie: z.int().min(0).max(100), ids: z.array(name) }),
  z.strictObject({
    round: z.literal('bands'),
    bands: z.array(
      z.strictObject({ customers: count, amount: z.string().regex(/^-?\d{1,30}$/), visits: z.int(), lowest: amount.nullable() }),
    ),
    before: count,
    outdone: z.array(z.boolean()).max(100),
    digest: digest.optional(),
  }),
  z.strictObject({ round: z.literal('digest'), digest, customers: count, rows: count }),
]);

const answered = z.object({
  question: id,
  /** The partition that answers. */
  source: id,
  part: z
    .int()
    .min(0)
    .max(PARTS_MAX - 1),
  parts: z.int().min(1).max(PARTS_MAX),
  content,
});

const declined = z.object({
  question: id,
  source: id,
  /** `passed`: it stands behind the position already; `amount`: an amount is too large to be told; `fault`: something failed. */
  reason: z.enum(['passed', 'amount', 'fault']),
  /** Where it stands, where it has passed. */
  standsAt: position.optional(),
});

/** A question to all partitions. */
export type Asked = z.infer<typeof asked>;
/** What is to be found out. */
export type Task = Asked['task'];
/** A task that ranks. */
export type RankingTask = z.infer<typeof rankingTask>;
/** One message of one partition's answer in one round. */
export type Answered = z.infer<typeof answered>;
/** What a partition found out in a round. */
export type Content = Answered['content'];
/** A partition cannot answer. */
export type Declined = z.infer<typeof declined>;

export const rankingAskedV1 = integrationEvent({
  type: 'loyalty-tier.ranking-asked.v1',
  topic: RANKINGS_TOPIC,
  summary: 'An instance asks all partitions for a ranking, or a digest, at a position of the log.',
  schema: asked,
});

export const rankingAnsweredV1 = integrationEvent({
  type: 'loyalty-tier.ranking-answered.v1',
  topic: RANKINGS_TOPIC,
  summary: "A part of one partition's answer in one round.",
  schema: answered,
});

export const rankingDeclinedV1 = integrationEvent({
  type: 'loyalty-tier.ranking-declined.v1',
  topic: RANKINGS_TOPIC,
  summary: 'A partition cannot answer a question; it must be asked anew.',
  schema: declined,
});

/** All messages on the topic, for whoever checks messages against their contracts. */
export const rankingMessages: readonly IntegrationEvent[] = [rankingAskedV1, rankingAnsweredV1, rankingDeclinedV1];
