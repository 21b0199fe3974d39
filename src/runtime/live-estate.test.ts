import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeValue } from '../decode/decode.ts';
import { parseRules } from '../sigma/parse.ts';
import { parseConfig } from './config.ts';
import { contextOf } from './config-context.ts';
import { createEngine } from './engine.ts';
import { keptEstate, openLiveEstate } from './live-estate.ts';

const { rules } = parseRules(
  `title: Users were listed
id: 6c0f8a38-5d8e-4b7d-9a0f-0d7a3f8f3c11
logsource: { product: aws, service: cloudtrail }
detection: { x: { eventName: ListUsers }, condition: x }
level: low
`,
  'rule.yml',
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-live-'));
});
afterEach(() => rm(folder, { recursive: true }));

const configWith = (estate: string) =>
  parseConfig(
    `data: ${folder}
estate: { file: ${join(folder, 'estate.yaml')}, ${estate} }
alerts:
  severity:
    - { name: production, when: { tocsin.estate.ou|startswith: Workloads/Production }, to: critical }
`,
    'tocsin.yaml',
    undefined,
  );

const { events } = decodeValue(
  {
    Records: [
      {
        eventVersion: '1.11',
        userIdentity: {
          type: 'IAMUser',
          userName: 'jane',
          arn: 'arn:aws:iam::111122223333:user/jane',
          accountId: '111122223333',
        },
        eventTime: '2026-11-20T10:00:00Z',
        eventSource: 'iam.amazonaws.com',
        eventName: 'ListUsers',
        recipientAccountId: '111122223333',
        eventID: 'event-1',
      },
    ],
  },
  { source: 'test', object: 'o', receivedAt: 0 },
);

const write = (ou: string) =>
  writeFile(
    join(folder, 'estate.yaml'),
    `accounts: { '111122223333': { name: Shop, ou: ${ou} } }
people: [{ name: Jane Doe, identities: ['arn:aws:iam::111122223333:user/jane'] }]
`,
  );

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

async function alertUnder(config: ReturnType<typeof configWith>) {
  const estate = await openLiveEstate(config, () => 0, quiet);
  const setting = { known: estate.known, context: contextOf(config.estate), policy: config.alerts };
  const engine = createEngine(rules, [], undefined, setting, undefined, undefined, { people: estate.people });
  const [alert] = events.flatMap((event) => engine.find(event).map((finding) => engine.raise(finding, 0)));
  await estate.stop();
  return [alert?.severity, alert?.where.accountName, alert?.who.person?.name];
}

describe('an alert', () => {
  it('has the severity of its unit, and names of account and person, by a file', async () => {
    await write('Workloads/Production/Shop');
    expect(await alertUnder(configWith('accounts: {}'))).toEqual(['critical', 'Shop', 'Jane Doe']);
  });

  it('goes by the configuration first', async () => {
    await write('Workloads/Production');
    const own = `accounts: { '111122223333': { ou: Sandbox } }, people: [{ name: J., identities: [arn:aws:iam::*:user/jane] }]`;
    expect(await alertUnder(configWith(own))).toEqual(['low', 'Shop', 'J.']);
  });

  it('goes without where the file is not there', async () => {
    expect(await alertUnder(configWith('accounts: {}'))).toEqual(['low', undefined, undefined]);
  });
});

it('is known as plain data where nobody follows it', async () => {
  await write('Sandbox');
  const { known, people } = await keptEstate(configWith('accounts: {}'), expect.unreachable);
  expect(structuredClone(known)).toEqual({
    organisations: [],
    accounts: { '111122223333': { relation: 'own', name: 'Shop', ou: 'Sandbox' } },
  });
  expect(people.map(({ name }) => name)).toEqual(['Jane Doe']);
});

it.each([
  ['aws: { identityCenter: { region: eu-west-1 } }', 'identityStoreId'],
  ['aws: { identityCenter: { region: europe, identityStoreId: d-1234567890 } }', 'must be a region'],
  ['aws: { organisation: { everyMinutes: 1 } }', 'everyMinutes'],
])('a configuration with %s is refused', (estate, problem) => {
  expect(() => configWith(estate)).toThrow(problem);
});
