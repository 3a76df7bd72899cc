import { z } from 'zod';

/** The problem body as a schema, for the API document. */
export const problemSchema = z
  .object({
    type: z.string().describe('urn:regulars:error:<code>'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable name of the error; branch on it'),
    detail: z.string().describe('What is wrong this time, for a person'),
    instance: z.string().describe('urn:regulars:request:<requestId>'),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('The fields that do not match, for request.invalid'),
  })
  .describe('Problem details (RFC 9457); some codes carry further members');
