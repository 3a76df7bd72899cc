import { asCliError, CliError, exitCodes } from '../failure';
import type { ApiClient } from '../platform-access/api-client';
import type { ServiceInstance } from '../platform-access/service-urls';
import { command, withPlatform } from '../terminal/command';
import type { AskedInstance, Status } from './process-status';
import { servicesText, statusText } from './status-text';

async function ask(api: ApiClient, instance: ServiceInstance): Promise<AskedInstance> {
  const alone = api.at(instance.url);
  try {
    return { ...instance, status: await alone.get<Status>('/v1/status') };
  } catch (error) {
    const { title, detail } = asCliError(error);
    return { ...instance, error: detail ? `${title}: ${detail}` : title };
  } finally {
    alone.close();
  }
}

/** `regulars status` */
export const statusCommand = () =>
  command('status', 'How the platform is doing: event log, projections, quarantine; each service where they run separately.', [
    'status --data ./data',
    'status --service loyalty-tier',
    'status --json',
  ]).action(
    withPlatform(async ({ api, show }) => {
      if (api.instances.length === 0) {
        const status = await api.get<Status>('/v1/status');
        return show(status, statusText(status));
      }
      const services = await Promise.all(api.instances.map((instance) => ask(api, instance)));
      show({ services }, servicesText(services));
      const silent = services.filter(({ error }) => error !== undefined);
      if (silent.length === 0) return;
      throw new CliError(exitCodes.unreachable, `${silent.length} of ${services.length} processes did not answer`, undefined, {
        whatToDo: 'See their logs, and GET /health/ready: it names what a process waits for.',
      });
    }),
  );
