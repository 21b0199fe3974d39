import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { compiledPath, compileScanner } from './build-wasm.ts';

it('the compiled scanner is what its source compiles to', async () => {
  expect(await compileScanner()).toBe(readFileSync(compiledPath, 'utf8'));
}, 120_000);
