import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentPrincipal, type Principal, problem } from '@regulars/runtime';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import type { Operations } from './operations';

/** Injection token of `Operations`. */
export const OPERATIONS = Symbol('regulars.operations');

class StartReplay extends createZodDto(z.strictObject({ projection: z.string().min(1).max(64) })) {}
class SwitchReplay extends createZodDto(z.strictObject({ force: z.boolean().default(false) }).prefault({})) {}
class LettersQuery extends createZodDto(
  z.strictObject({
    consumer: z.string().max(200).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
    cursor: z.string().max(1_000).optional(),
  }),
) {}

/** The platform as those see it who run it: status, replays, dead letters. */
@ApiTags('operations')
@Controller('v1')
export class OperationsController {
  constructor(@Inject(OPERATIONS) private readonly operations: Operations) {}

  @Get('status')
  @Allow('operations', 'sre')
  @ApiOperation({ summary: 'How the platform stands: log, projections, ledger, replays, what waits for a person' })
  status() {
    return this.operations.status();
  }

  @Post('replays')
  @Allow('operations')
  @ApiOperation({ summary: 'Build a projection again from the first event, beside the live one' })
  startReplay(@Body() { projection }: StartReplay, @CurrentPrincipal() { tokenId }: Principal) {
    return this.operations.replays.start(projection, tokenId);
  }

  @Get('replays')
  @Allow('operations', 'sre')
  @ApiOperation({ summary: 'Replays, newest first' })
  async replays() {
    return { items: await this.operations.listReplays() };
  }

  @Get('replays/:id')
  @Allow('operations', 'sre')
  @ApiOperation({ summary: 'Progress, rate, ETA and digests of a replay' })
  replay(@Param('id') id: string) {
    return this.operations.replays.status(id);
  }

  @Post('replays/:id::pause')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Stop building for now' })
  pause(@Param('id') id: string) {
    return this.operations.replays.pause(id);
  }

  @Post('replays/:id::resume')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Go on building' })
  resume(@Param('id') id: string) {
    return this.operations.replays.resume(id);
  }

  @Post('replays/:id::switch')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Make the replayed version the live one, if its digest is equal' })
  switch(@Param('id') id: string, @Body() body?: SwitchReplay) {
    return this.operations.replays.switch(id, body?.force ?? false);
  }

  @Post('replays/:id::rollback')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Bring the version back that was live before the switch' })
  rollback(@Param('id') id: string) {
    return this.operations.replays.rollback(id);
  }

  @Post('replays/:id::cancel')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Give a replay up and remove what it built' })
  cancel(@Param('id') id: string) {
    return this.operations.replays.cancel(id);
  }

  @Get('dead-letters')
  @Allow('operations', 'sre')
  @ApiOperation({ summary: 'Parked items, without their content' })
  async deadLetters(@Query() query: LettersQuery) {
    try {
      const { items, next } = await this.operations.deadLetters.list(query);
      return { items: items.map(({ item: _, ...letter }) => letter), next };
    } catch (error) {
      if (error instanceof TypeError) throw problem('request.invalid', 'The cursor is not one this list gave.');
      throw error;
    }
  }

  @Post('dead-letters/:id::redrive')
  @HttpCode(200)
  @Allow('operations')
  @ApiOperation({ summary: 'Take a parked item in again, with those of its key, oldest first' })
  redrive(@Param('id') id: string) {
    return this.operations.redrive(id);
  }
}
