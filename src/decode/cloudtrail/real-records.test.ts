import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../event/json.ts';
import { cloudTrailEvent, isCloudTrail } from './event.ts';

/** Published records of other people, read where they lie; without them these tests are skipped and counted as such. */
const data = process.env['TOCSIN_TEST_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');

const oneDocument = (text: string): readonly JsonObject[] =>
  [JSON.parse(text) as JsonObject | JsonObject[]].flat();

const lines = (text: string): readonly JsonObject[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonObject);

/** For a file whose outer brackets don't fit: each record from its first member to the brace that closes it. */
function pieces(text: string): readonly JsonObject[] {
  return [...text.matchAll(/\{\s*"eventVersion"/g)].map(({ index }) => {
    let depth = 0;
    let end = index;
    for (const token of text.slice(index).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
      if (token[0] === '{') depth += 1;
      if (token[0] === '}') depth -= 1;
      end = index + token.index + 1;
      if (depth === 0) break;
    }
    return JSON.parse(text.slice(index, end)) as JsonObject;
  });
}

const sets: readonly [
  folder: string,
  files: RegExp,
  read: (text: string) => readonly JsonObject[],
  count: number,
][] = [
  ['cloudtrail-baseline-audit', /\.json$/, pieces, 840],
  ['cloudtrail-otrf', /\.json\.gz$/, lines, 103],
  ['cloudtrail-stratus', /\.json$/, oneDocument, 310],
  ['cloudtrail-traildiscover/logs', /\.json$/, oneDocument, 321],
];

describe.each(sets)('the records of %s', (folder, files, read, count) => {
  const path = join(data, folder);

  it.skipIf(!existsSync(path))(
    'all become events with an actor who has a name and an outcome that is known',
    () => {
      const records = readdirSync(path)
        .filter((name) => files.test(name))
        .flatMap((name) => {
          const bytes = readFileSync(join(path, name));
          return read((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
        });
      expect(records).toHaveLength(count);
      const poor = records.filter((fields, position) => {
        const event = cloudTrailEvent(fields, { source: 'file', object: folder, position, receivedAt: 0 });
        return (
          !isCloudTrail(fields) ||
          'problem' in event ||
          event.id !== fields['eventID'] ||
          event.account === undefined ||
          event.actor.kind === 'unknown' ||
          event.actor.name.startsWith('unknown') ||
          event.outcome.result === 'unknown'
        );
      });
      // One marketplace record has the type Unknown and the ARN of a role session.
      expect(poor.map(({ eventName }) => eventName)).toEqual(
        folder.startsWith('cloudtrail-traildiscover') ? ['AcceptAgreementRequest'] : [],
      );
    },
  );
});
