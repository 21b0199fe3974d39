import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder, tocsin } from '../support/cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const at = (name: string) => join(folder.path, name);

const record = (userName: string) =>
  JSON.stringify({
    eventVersion: '1.11',
    eventTime: '2026-11-20T10:00:00Z',
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    eventID: `of-${userName}`,
    eventType: 'AwsApiCall',
    userIdentity: { type: 'IAMUser', userName, arn: `arn:aws:iam::111122223333:user/${userName}` },
  });

const files: Readonly<Record<string, string>> = {
  'rules/stopped.yml': `title: Trail stopped
id: 5ed2a7d4-6d5c-4f4b-9b6e-5c9c1a2f7c10
logsource: { product: cloud }
detection:
  selection: { action: StopLogging, 'who|expand': '%people%' }
  condition: selection
`,
  'rules/filter.yml': `title: Drills
logsource: { product: cloud }
filter:
  rules: any
  selection: { who: drill }
  condition: not selection
`,
  'names.yml': `transformations:
  - type: field_name_mapping
    mapping: { action: eventName, who: userIdentity.userName }
  - { type: change_logsource, product: aws, service: cloudtrail }
`,
  'people.yml': `priority: -1
vars: { people: [alice, drill] }
transformations: [{ type: value_placeholders }]
`,
  'broken.yml': 'transformations:\n  - type: moon\n',
};

beforeAll(() => {
  mkdirSync(at('rules'));
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
  for (const name of ['alice', 'bob', 'drill']) writeFileSync(at(`${name}.json`), record(name));
});

const both = ['--pipeline', at('names.yml'), '--pipeline', at('people.yml')];

describe('--pipeline', () => {
  it.each([
    ['alice', 1],
    ['bob', 0],
    ['drill', 0],
  ])('fits rules and their filters for a scan of what %s did: %i alerts', async (who, alerts) => {
    const given = ['--rules', at('rules'), '--no-builtin-rules', '--format', 'ndjson'];
    const { code, stdout } = await tocsin(['scan', at(`${who}.json`), ...given, ...both]);
    expect([code, stdout.trim() === '' ? 0 : stdout.trim().split('\n').length]).toEqual([0, alerts]);
  });

  it('goes with explain, which names the filter that kept the rule from matching', async () => {
    const { code, stdout } = await tocsin([
      'rules',
      'explain',
      'Trail stopped',
      at('drill.json'),
      at('rules'),
      ...both,
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain("✗ filter 'Drills' keeps the rule from matching");
    expect(stdout).toContain('✓ userIdentity.userName = drill');
  });

  it('stops everything where a pipeline cannot be used, and tells all that is wrong', async () => {
    const { code, stdout, stderr } = await tocsin([
      'scan',
      at('alice.json'),
      '--pipeline',
      at('broken.yml'),
      '--pipeline',
      at('none.yml'),
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain("broken.yml:2:5: 'moon' is not a transformation that Tocsin knows");
    expect(stderr).toContain('none.yml: the pipeline cannot be read');
  });

  it('is needed for a rule with a placeholder, which is left out otherwise', async () => {
    const { code, stderr } = await tocsin(['rules', 'list', at('rules'), '--pipeline', at('names.yml')]);
    expect(code).toBe(2);
    expect(stderr).toContain("stopped.yml:5:37: the placeholder '%people%' has no values");
  });
});
