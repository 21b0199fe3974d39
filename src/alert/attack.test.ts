import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { tacticOf, techniqueOf } from './attack.ts';

describe('a Sigma tag becomes an ATT&CK reference', () => {
  it.each([
    ['a tactic with a hyphen', 'attack.defense-evasion', { id: 'TA0005', name: 'Defense Evasion' }],
    [
      'a tactic in the old spelling with an underscore',
      'attack.defense_evasion',
      { id: 'TA0005', name: 'Defense Evasion' },
    ],
    ['a tactic in capitals', 'ATTACK.Impact', { id: 'TA0040', name: 'Impact' }],
    ['a technique, which is no tactic', 'attack.t1562', undefined],
    ['a tag of another namespace', 'cve.2021-44228', undefined],
    ['the name of an inherited member', 'attack.constructor', undefined],
    ['nothing behind the dot', 'attack.', undefined],
  ])('tactic: %s', (_name, tag, expected) => {
    expect(tacticOf(tag)).toEqual(expected);
  });

  it.each([
    ['a technique', 'attack.t1562', { id: 'T1562', name: 'Impair Defenses' }],
    [
      'a sub-technique carries its parent in the name',
      'attack.t1562.008',
      { id: 'T1562.008', name: 'Impair Defenses: Disable or Modify Cloud Logs' },
    ],
    ['a technique in capitals', 'attack.T1537', { id: 'T1537', name: 'Transfer Data to Cloud Account' }],
    ['a technique that is not known', 'attack.t9999', undefined],
    ['a tactic, which is no technique', 'attack.impact', undefined],
    ['a bare id without its namespace', 't1562', undefined],
    ['the name of an inherited member', 'attack.__proto__', undefined],
  ])('technique: %s', (_name, tag, expected) => {
    expect(techniqueOf(tag)).toEqual(expected);
  });
});

describe('every rule that ships', () => {
  const folder = new URL('../../rules/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.yml') && !path.endsWith('.test.yml'),
  );

  it('is found', () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
  });

  it.each(files)('%s names at least one tactic and one technique, and none that is unknown', (file) => {
    // Of several documents the first is the one that people see.
    const [document] = parseAllDocuments(readFileSync(new URL(file, folder), 'utf8'));
    const tags: readonly string[] = document?.toJS()?.tags ?? [];
    // What a service of AWS found is of any technique, and of none where a setting is wrong.
    const isRelayed = document?.toJS()?.logsource?.category === 'finding';
    const attack = tags.filter((tag) => tag.startsWith('attack.'));
    expect(attack.filter((tag) => tacticOf(tag) === undefined && techniqueOf(tag) === undefined)).toEqual([]);
    expect(isRelayed || attack.some((tag) => tacticOf(tag) !== undefined)).toBe(true);
    expect(isRelayed || attack.some((tag) => techniqueOf(tag) !== undefined)).toBe(true);
  });
});
