import { z } from 'zod';

/** A zod schema as the schema of a body in the API document. */
export function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...content } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  return content;
}
