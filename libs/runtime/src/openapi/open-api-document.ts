import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { z } from 'zod';
import { problemSchema } from '../problems/problem-schema';

type Operation = { responses?: Record<string, unknown> };

const problemResponse = {
  description: 'A problem: see `code`',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The OpenAPI 3.1 document of everything the application's controllers declare; every operation may answer a problem. */
export function openApiDocument(app: INestApplication, version = '1'): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Regulars')
    .setDescription('Event-sourced loyalty platform for retail chains. Amounts are integers of minor units.')
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'A token as `POST /v1/tokens` issues it' })
    .build();
  const document = cleanupOpenApiDoc(SwaggerModule.createDocument(app, config), { version: '3.1' });
  const { $schema: _, ...schema } = z.toJSONSchema(problemSchema) as Record<string, unknown>;
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: schema as object } };
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, Operation>)) {
      operation.responses = { ...operation.responses, default: problemResponse };
    }
  }
  return document;
}
