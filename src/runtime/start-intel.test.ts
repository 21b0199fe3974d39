import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeValue } from '../decode/decode.ts';
import { parseConfig } from './config.ts';
import { createEngine } from './engine.ts';
import { loadRules } from './load-rules.ts';
import { rulePaths } from './packs.ts';
import { startIntel } from './start-intel.ts';

const secrets = { env: { KEY: 'a-secret-key' }, readFile: () => '' };
const parse = (text: string) => parseConfig(text, 'tocsin.yaml', secrets);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const record = (address: string, at = '2026-11-20T10:00:00Z') => ({
  eventVersion: '1.11',
  userIdentity: { type: 'IAMUser', userName: 'alice', accountId: '111122223333' },
  eventTime: at,
  eventSource: 's3.amazonaws.com',
  eventName: 'ListBuckets',
  sourceIPAddress: address,
  eventID: '0b1d1c1e-0000-4000-8000-000000000001',
});

describe('a server with feeds of indicators', () => {
  it('raises what its rules say, and the alert names the feed', async () => {
    const data = await mkdtemp(join(tmpdir(), 'tocsin-intel-'));
    ends.push(() => rm(data, { recursive: true }));
    const file = join(data, 'feed.csv');
    await writeFile(file, 'ip,malware,valid_until\n185.220.101.1,Emotet,2026-12-01T00:00:00Z\n');
    const config = parse(JSON.stringify({ data, intel: { feeds: { partner: { file } } } }));
    const intel = await startIntel(config, quiet);
    ends.push(intel.stop);
    const { rules } = await loadRules(rulePaths({ builtin: false, packs: ['intel'], folders: [] }));
    const engine = createEngine(rules, [], new Set(), {}, undefined, undefined, { feeds: intel.feeds });
    const raised = (value: ReturnType<typeof record>) =>
      decodeValue(value, { source: 'test', object: 'test', receivedAt: 0 })
        .events.flatMap((event) => engine.find(event))
        .map((finding) => engine.raise(finding, 0));
    const [alert, ...more] = raised(record('185.220.101.1'));
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      title: 'alice called AWS from 185.220.101.1, of which the feed partner warns',
      context: {
        warnings: [{ type: 'address', value: '185.220.101.1', feed: 'partner', label: 'Emotet' }],
      },
    });
    expect(raised(record('185.220.101.2'))).toEqual([]);
    expect(raised(record('185.220.101.1', '2026-12-01T00:00:00Z'))).toEqual([]);
  });

  it('starts without them, and says what is wrong', async () => {
    const config = parse(JSON.stringify({ intel: { feeds: { gone: { file: '/nowhere/feed.json' } } } }));
    const intel = await startIntel(config, quiet);
    ends.push(intel.stop);
    expect(intel.feeds()).toEqual([]);
    expect(intel.trouble()).toMatch(/gone.*ENOENT/);
  });
});

describe('the configuration of feeds', () => {
  it.each([
    ['no place', '{ feeds: { a: {} } }', /needs one of `url`, `taxii` and `file`/],
    ['two places', '{ feeds: { a: { file: x, url: "https://a.example/" } } }', /no more than one/],
    ['a plain address', '{ feeds: { a: { taxii: "http://a.example/" } } }', /starts with http:/],
    ['a secret in the file', '{ feeds: { a: { file: x, authorization: secret } } }', /must not stand here/],
    ['a name of other signs', '{ feeds: { a_b: { file: x } } }', /lower-case letters/],
  ])('is refused with %s', (_, intel, message) => {
    expect(() => parse(`intel: ${intel}`)).toThrow(message);
  });

  it('does not keep a scan from using the file', () => {
    const yaml = 'intel: { feeds: { a: { url: "https://a.example/", authorization: env:MISSING } } }';
    expect(() => parseConfig(yaml, 'tocsin.yaml', undefined)).not.toThrow();
  });
});
