// caught by: depcruise infrastructure-stays-outside
import { Injectable } from '@nestjs/common';

export const decorator = Injectable;
