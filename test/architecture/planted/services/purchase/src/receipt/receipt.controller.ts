// caught by: nothing
import { Controller } from '@nestjs/common';

export const decorator = Controller;
