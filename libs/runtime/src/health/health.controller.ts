import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/decorators';
import { sendProblem } from '../problems/answer-problem';
import { codedProblem } from '../problems/problem';
import { HEALTH } from '../tokens';
import type { HealthChecks } from './health-checks';

/** Whether the process runs (live), and whether requests should be sent to it (ready). */
@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(@Inject(HEALTH) private readonly health: HealthChecks) {}

  @Get('live')
  @Public()
  @ApiOperation({ summary: 'Whether the process answers at all' })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'Whether requests should be sent here; 503 with the reasons when not' })
  async ready(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const { ready, checks } = await this.health.readiness();
    if (ready) return { status: 'ready', checks };
    const reasons = Object.entries(checks).filter(([, result]) => result !== 'ok');
    const detail = reasons.map(([name, reason]) => `${name}: ${reason}`).join('; ');
    sendProblem(reply, codedProblem('platform.not-ready', detail, request.id, { checks }));
    return reply;
  }
}
