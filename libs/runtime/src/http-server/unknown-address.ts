import findMyWay from 'find-my-way';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problems/answer-problem';
import { codedProblem } from '../problems/problem';

/** Answers 404 for an address nobody has, 405 with `Allow` for one that only takes other methods. */
export function installUnknownAddress(fastify: FastifyInstance): void {
  // The server's router keeps one tree a method; this one keeps all patterns in one, to ask which methods an address takes.
  const addresses = findMyWay({ maxParamLength: 2_048 });
  const methodsOf = new Map<string, Set<string>>();
  fastify.addHook('onRoute', (route) => {
    let methods = methodsOf.get(route.url);
    if (!methods) {
      methods = new Set();
      methodsOf.set(route.url, methods);
      addresses.on('GET', route.url, () => undefined, methods);
    }
    for (const method of [route.method].flat()) methods.add(method);
  });
  fastify.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] as string;
    const methods = addresses.find('GET', path)?.store as Set<string> | undefined;
    if (!methods || methods.has(request.method)) {
      return sendProblem(reply, codedProblem('request.not-found', 'No route has this address.', request.id));
    }
    const allowed = [...methods].join(', ');
    void reply.header('allow', allowed);
    sendProblem(reply, codedProblem('request.method-not-allowed', `This address takes ${allowed}.`, request.id));
  });
}
