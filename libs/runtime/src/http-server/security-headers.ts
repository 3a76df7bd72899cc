import type { FastifyHelmetOptions } from '@fastify/helmet';

/**
 * Headers for an API with one page of its own. TLS ends in front of the platform, so what speaks of TLS (HSTS, upgrading to
 * https) is left to whoever terminates it: sent from here it would break plain local use.
 */
export const securityHeaders: FastifyHelmetOptions = {
  global: true,
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      scriptSrc: ["'self'"],
      // Swagger UI sets styles inline.
      styleSrc: ["'self'", "'unsafe-inline'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};
