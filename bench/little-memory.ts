import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** How a command begins itself on Linux that takes little memory: it costs time, so that what it does is measured with it. */
export const littleMemory = z
  .object({ flags: z.array(z.string()), environment: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../bin/little-memory.json'), 'utf8')));
