/**
 * Headers of every answer. Constant and few, as they are paid for on every request (helmet works out a dozen each time). What
 * speaks of TLS is left to whoever terminates it in front of the platform.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** For a page of ours: everything from here, styles also inline (Swagger UI sets some), nothing sent anywhere else, no frames. */
export const pageSecurityPolicy = [
  "default-src 'none'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
