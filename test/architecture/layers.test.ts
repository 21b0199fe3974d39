import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { architectureProblems } from './layers.ts';
import { readSource } from './source-file.ts';

const root = path.join(import.meta.dirname, '..', '..');

/** Fewer modules than this would mean that the search broke, not that the product shrank. */
const fewest = 10;

describe('the architecture of src', () => {
  const files = globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .map((file) => readSource(file, readFileSync(path.join(root, file), 'utf8')));

  it(`covers at least ${fewest} modules`, () => {
    expect(files.length).toBeGreaterThanOrEqual(fewest);
  });

  it('is kept by every file', () => {
    expect(architectureProblems(files)).toEqual([]);
  });
});
