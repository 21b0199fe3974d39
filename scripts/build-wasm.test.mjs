import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { compileScanner, scanners } from './build-wasm.ts';

it.each(scanners)(
  'what is compiled of $source is what it compiles to',
  async (scanner) => {
    expect(await compileScanner(scanner)).toBe(readFileSync(scanner.compiled, 'utf8'));
  },
  120_000,
);
