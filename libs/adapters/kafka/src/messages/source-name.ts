/** A partition of a topic. */
export interface Partition {
  /** The topic's name in Kafka. */
  readonly topic: string;
  readonly partition: number;
}

/** The name of a partition as a source of the bus: `purchase.events.v1/3`. */
export function sourceName({ topic, partition }: Partition): string {
  return `${topic}/${partition}`;
}
