/** Ends with 0 where the service in this container is alive. Waiting for a server is alive: a restart would not bring it any nearer. */
const port = process.env.REGULARS_HTTP_PORT ?? '7171';

try {
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(4000) });
  process.exit(answer.ok ? 0 : 1);
} catch {
  process.exit(1);
}
