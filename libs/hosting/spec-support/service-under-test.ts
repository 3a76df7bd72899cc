import { Controller, Get } from '@nestjs/common';
import { DeadLetters } from '@regulars/engine';
import { fixedClock } from '@regulars/kernel';
import { type CheckResult, createLogger, loadConfiguration, Public } from '@regulars/runtime';
import { InMemoryDocumentStore } from '@regulars/testing';
import type { ComposedService, Connected, Connection, ServiceDefinition } from '../src/start-service/service-definition';
import { type RunningService, startService } from '../src/start-service/start-service';

const clock = fixedClock(Date.UTC(2026, 2, 1, 10));

@Controller('v1/greeting')
class GreetingController {
  @Get()
  @Public()
  greet(): { greeting: string } {
    return { greeting: 'hello' };
  }
}

/** A server that fails as often as it is told, and remembers who closed it. */
export class FakeServer implements Connection {
  failures: Error[] = [];
  opened = 0;
  state: CheckResult = { ok: true };
  /** Awaited by each attempt. */
  gate: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly told: string[],
  ) {}

  async open(): Promise<Connected> {
    await this.gate;
    const failure = this.failures.shift();
    if (failure) throw failure;
    this.opened++;
    return { check: () => this.state, close: async () => void this.told.push(`${this.name} closed`) };
  }
}

/** A service over two fake servers, with what it logs and closes. */
export class ServiceUnderTest {
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly bus = new FakeServer('Kafka', this.told);
  readonly store = new FakeServer('MongoDB', this.told);
  readonly environment: Record<string, string> = { REGULARS_HTTP_PORT: '0' };
  composeFailures: Error[] = [];
  running!: RunningService;

  async start(change: Partial<ServiceDefinition<Record<'bus' | 'store', Connected>>> = {}): Promise<string> {
    this.running = await startService({
      name: 'greeter',
      version: '1',
      configuration: loadConfiguration({ environment: this.environment }),
      logger: createLogger({ destination: { write: (line: string) => void this.logged.push(line) } }),
      clock,
      connections: { bus: this.bus, store: this.store },
      pace: { pauseMsMin: 1, pauseMsMax: 4 },
      compose: async ({ shutdown }) => {
        const close = (name: string) => async () => void this.told.push(`${name} closed`);
        shutdown.add('relay', 'relay', close('relay'));
        shutdown.add('projections', 'tiers', close('projections'));
        shutdown.add('consuming', 'handlers', close('handlers'));
        const failure = this.composeFailures.shift();
        if (failure) throw failure;
        return this.composed();
      },
      ...change,
    });
    return this.running.url;
  }

  private async composed(): Promise<ComposedService> {
    const deadLetters = await DeadLetters.open(new InMemoryDocumentStore(), clock);
    return {
      controllers: [GreetingController],
      authenticator: { authenticate: () => ({ tokenId: 't', role: 'administrator', stores: '*' }) },
      operations: { projections: [], deadLetters, facts: [async () => ({ greeted: 3 })] },
      gauges: [{ name: 'greetings', help: 'Greetings', read: () => 3 }],
      consume: async () => void this.told.push('consuming'),
    };
  }

  async get(path: string) {
    const reply = await fetch(new URL(path, this.running.url), { headers: { authorization: 'Bearer any' } });
    const text = await reply.text();
    return {
      status: reply.status,
      headers: reply.headers,
      body: (text.startsWith('{') ? JSON.parse(text) : text) as Record<string, unknown>,
    };
  }
}
