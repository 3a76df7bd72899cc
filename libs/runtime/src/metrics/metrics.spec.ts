import { Controller, Get, Param } from '@nestjs/common';
import { Allow } from '../access/decorators';
import { type TestServer, testServer } from '../../spec-support/test-server';
import { createRegistry, registerScraped } from './registry';

@Controller('v1/customers')
class CustomersController {
  @Get(':id/tier')
  @Allow('staff')
  tier(@Param('id') id: string): string {
    return id;
  }
}

describe('metrics', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer([CustomersController]);
  });
  afterAll(() => server.close());
  const get = (url: string, role?: string) => server.fastify.inject({ url, headers: role ? { authorization: `Bearer ${role}` } : {} });

  it('are for sre and administrator', async () => {
    expect((await get('/metrics')).statusCode).toBe(401);
    expect((await get('/metrics', 'manager')).statusCode).toBe(403);
    expect((await get('/metrics', 'administrator')).statusCode).toBe(200);
    expect((await get('/metrics', 'sre')).headers['content-type']).toContain('text/plain; version=0.0.4');
  });

  it('measure requests by pattern; neither metrics nor log name the customer', async () => {
    await get('/v1/customers/c-4711/tier?customer=c-4711', 'staff');
    await get('/v1/customers/c-4711/nothing', 'staff');
    const { body } = await get('/metrics', 'sre');
    expect(body).toContain('regulars_http_request_duration_seconds_count{method="GET",route="/v1/customers/{id}/tier",status="200"} 1');
    expect(body).toContain('regulars_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1');
    expect(server.logged()).toContainEqual(expect.objectContaining({ route: '/v1/customers/{id}/tier', status: 200, method: 'GET' }));
    expect(body + JSON.stringify(server.logged())).not.toContain('4711');
  });

  it('read figures when they are asked for', async () => {
    const registry = createRegistry({ processMetrics: false });
    let customers = 1;
    let lag = [{ labels: { projection: 'tiers' }, value: 5 }];
    registerScraped(registry, [
      { name: 'regulars_customers', help: 'Customers', read: () => customers },
      { name: 'regulars_lag_events', help: 'Lag', labels: ['projection'], read: () => lag },
    ]);
    expect(await registry.metrics()).toContain('regulars_lag_events{projection="tiers"} 5');
    customers = 2;
    lag = [{ labels: { projection: 'glance' }, value: 0 }];
    const text = await registry.metrics();
    expect(text).toContain('regulars_customers 2');
    expect(text).toContain('regulars_lag_events{projection="glance"} 0');
    expect(text).not.toContain('tiers');
  });

  it('have the process in them, in a registry of their own', async () => {
    const registry = createRegistry();
    expect(await registry.metrics()).toContain('process_resident_memory_bytes');
    expect(await createRegistry({ processMetrics: false }).metrics()).toBe('\n');
  });
});
