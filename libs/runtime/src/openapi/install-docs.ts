import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { RouteConfig } from '../requests/route-config';
import { pageSecurityPolicy } from '../http-server/security-headers';
import { problem } from '../problems/problem';
import { openApiDocument } from './open-api-document';

const open: { config: RouteConfig } = { config: { access: 'public' } };

/** Swagger UI's own files that the page needs. */
const files = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Regulars API</title>
    <link rel="icon" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });\n`;

/** Serves the API document at /openapi.json and a readable page of it at /docs, all from this machine. */
export async function installDocs(fastify: FastifyInstance, app: INestApplication, version: string): Promise<void> {
  await fastify.register(fastifyStatic, { root: dirname(require.resolve('swagger-ui-dist/package.json')), serve: false });
  let document: string | undefined;
  fastify.get('/openapi.json', open, (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((document ??= JSON.stringify(openApiDocument(app, version)))),
  );
  fastify.get('/docs', open, (_request, reply) =>
    reply.header('content-security-policy', pageSecurityPolicy).type('text/html; charset=utf-8').send(page),
  );
  fastify.get('/docs/start.js', open, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(start));
  fastify.get<{ Params: { file: string } }>('/docs/:file', open, (request, reply) => {
    if (!files.has(request.params.file)) throw problem('request.not-found', 'There is no such file.');
    return reply.sendFile(request.params.file);
  });
}
