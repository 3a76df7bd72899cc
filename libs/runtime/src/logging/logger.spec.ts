import { PassThrough } from 'node:stream';
import { componentLogger, createLogger, type LoggerOptions } from './logger';
import { nestLogger } from './nest-logger';

describe('logging', () => {
  function capture(options: LoggerOptions = {}) {
    const lines: Record<string, unknown>[] = [];
    const destination = new PassThrough();
    destination.on('data', (chunk: Buffer) => lines.push(JSON.parse(chunk.toString('utf8')) as Record<string, unknown>));
    return { logger: createLogger({ ...options, destination }), lines };
  }

  it('writes JSON lines with level, time and component', () => {
    const { logger, lines } = capture();
    componentLogger(logger, 'relay').info({ position: '7' }, 'caught up');
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), component: 'relay', position: '7', msg: 'caught up' },
    ]);
  });

  it('withholds what must not be logged, should somebody try', () => {
    const { logger, lines } = capture();
    logger.info({ token: 'hush', request: { authorization: 'hush', body: { a: 'hush' } }, customer: 'hush' });
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  it('tells errors only when quiet', () => {
    const { logger, lines } = capture({ quiet: true, level: 'debug' });
    logger.warn('no');
    logger.error('yes');
    expect(lines.map((line) => line['msg'])).toEqual(['yes']);
  });

  it("takes Nest's lines", () => {
    const { logger, lines } = capture({ level: 'debug' });
    nestLogger(logger).log('started', 'RouterExplorer');
    nestLogger(logger).error(new Error('broken'), 'stack', 'ExceptionsHandler');
    expect(lines).toEqual([
      expect.objectContaining({ level: 'debug', component: 'nest.RouterExplorer', msg: 'started' }),
      expect.objectContaining({ level: 'error', component: 'nest.ExceptionsHandler', msg: 'broken' }),
    ]);
  });
});
