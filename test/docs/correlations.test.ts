import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRules, type LoadedRules } from '../../src/runtime/load-rules.ts';
import { runCorrelationTests } from '../../src/runtime/rule-tests.ts';
import { correlatorDefaults } from '../../src/sigma/correlation/correlator.ts';
import { testTypes } from '../../src/sigma/correlation/parse-test.ts';
import { temporaryFolder } from '../support/cli.ts';
import { docTexts, snippetsOf } from './snippets.ts';

/** The examples of docs/correlations.md, run as they stand there. */
const page = docTexts().find(({ path }) => path === 'docs/correlations.md')?.text ?? '';
const examples = snippetsOf('docs/correlations.md', page).filter(({ file }) => file.startsWith('my-rules/'));
const folder = temporaryFolder();
let loaded: LoadedRules;

beforeAll(async () => {
  for (const { file, text } of examples) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    writeFileSync(join(folder.path, file), text);
  }
  loaded = await loadRules([join(folder.path, 'my-rules')]);
});
afterAll(() => folder.remove());

describe('the page about correlations', () => {
  it('has examples that are read without a word', () => {
    expect(loaded.problems).toEqual([]);
    expect(loaded.correlations).toHaveLength(5);
  });

  it('has tests that hold', async () => {
    const tested = loaded.correlations.filter(({ path }) => path.endsWith('trails-stopped.yml'));
    for (const correlation of tested) {
      const results = await runCorrelationTests(correlation, loaded);
      expect(results?.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    }
    expect(tested).toHaveLength(1);
  });

  it('names every type', () => {
    expect(testTypes.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
  });

  it('states the limits as they are', () => {
    const { limits, pending, events, lateness } = correlatorDefaults;
    const number = (value: number) => value.toLocaleString('en');
    expect(page).toContain(`| ${number(limits.groups)}; the one that was touched`);
    expect(page).toContain(`| ${number(limits.entriesOfGroup)}, or what`);
    expect(page).toMatch(new RegExp(`in all groups +\\| ${number(limits.entries)} `));
    expect(page).toContain(`| ${number(pending)}; with more the oldest`);
    expect(page).toContain(`lists the newest ${events} of`);
    expect(page).toContain(`(${lateness / 60_000} by default)`);
  });
});
