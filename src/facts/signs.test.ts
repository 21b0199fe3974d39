import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isJsonObject, isList, type Json, type JsonObject } from '../event/json.ts';
import type { Analyser, Sign } from './fact.ts';
import { nothingKnown } from './known.ts';
import { analysers } from './table.ts';
import { s3Call } from './testing/cloudtrail.ts';

const signed = analysers.flatMap((analyser) =>
  Array.from(analyser.signs ?? [], ([action, signs]) => ({ analyser, action, signs })),
);

const own = '111122223333';

/** Records of which facts are derived, as far as they go: from these the others are made by leaving out, adding and other letters. */
const telling: Readonly<Record<string, readonly JsonObject[]>> = {
  'ecs.amazonaws.com:RegisterTaskDefinition': [
    { requestParameters: { family: 'a', containerDefinitions: [{ privileged: true, image: 'x' }] } },
    { requestParameters: { family: 'a', pidMode: 'host' } },
    { requestParameters: { family: 'a', volumes: [{ host: { sourcePath: '/var/run/docker.sock' } }] } },
    { requestParameters: { family: 'a', volumes: { items: [{ host: { sourcePath: '/etc' } }] } } },
  ],
  'batch.amazonaws.com:RegisterJobDefinition': [
    { requestParameters: { containerProperties: { privileged: 'true' } } },
    { requestParameters: { containerProperties: { volumes: [{ host: { sourcePath: '/' } }] } } },
  ],
  'ecs.amazonaws.com:RunTask': [
    { requestParameters: { overrides: { containerOverrides: [{ command: ['sh'] }] } } },
  ],
  'ecs.amazonaws.com:StartTask': [
    { requestParameters: { overrides: { containerOverrides: { items: [{ command: ['sh'] }] } } } },
  ],
  'batch.amazonaws.com:SubmitJob': [{ requestParameters: { containerOverrides: { command: ['sh'] } } }],
  'codebuild.amazonaws.com:StartBuild': [
    { requestParameters: { projectName: 'a', buildspecOverride: 'x' } },
    { requestParameters: { projectName: 'a', privilegedModeOverride: false } },
  ],
  'codebuild.amazonaws.com:StartBuildBatch': [
    { requestParameters: { imageOverride: 'x', sourceLocationOverride: 'y', serviceRoleOverride: 'z' } },
  ],
  ...Object.fromEntries(
    ['CopyObject', 'CreateMultipartUpload', 'PutObject'].map((action) => [
      `s3.amazonaws.com:${action}`,
      [
        { 'x-amz-acl': 'public-read' },
        { 'x-amz-acl': ['what'] },
        {
          accessControlList: {
            'x-amz-grant-full-control': 'uri="http://acs.amazonaws.com/groups/global/AllUsers"',
          },
        },
        { 'x-amz-grant-read': 'id="x"', 'x-amz-grant-write-acp': 'what' },
        { AccessControlPolicy: 'what' },
        { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
        { 'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:444455556666:key/a' },
      ].map((request) => ({
        requestParameters: { bucketName: 'data', key: 'a/b', ...request },
        resources: [{ type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::data', accountId: '444455556666' }],
      })),
    ]),
  ),
  ...Object.fromEntries(
    ['DeleteObject', 'DeleteObjects'].map((action) => [
      `s3.amazonaws.com:${action}`,
      [{ requestParameters: { bucketName: 'data', key: 'a', 'x-amz-bypass-governance-retention': 'true' } }],
    ]),
  ),
};

/** As keys are compared in letters of any case: `toLowerCase`, which takes the Kelvin sign for a k. */
function shows(fields: Json | undefined, sign: Sign): boolean {
  if (sign === 'two accounts')
    return new Set(accountsIn(fields).filter((account) => typeof account === 'string')).size > 1;
  if (isList(fields)) return fields.some((item) => shows(item, sign));
  return (
    isJsonObject(fields) &&
    Object.entries(fields).some(
      ([key, value]) => key.toLowerCase() === sign.key.toLowerCase() || shows(value, sign),
    )
  );
}

function accountsIn(value: Json | undefined): readonly (Json | undefined)[] {
  if (isList(value)) return value.flatMap(accountsIn);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, held]) =>
    key === 'accountId' || key === 'recipientAccountId' ? [held] : accountsIn(held),
  );
}

function factsOf(analyser: Analyser, action: string, fields: JsonObject): number {
  const [eventSource = '', eventName = ''] = action.split(':');
  return analyser.analyse(s3Call(eventName, null, { ...fields, eventSource }), nothingKnown).length;
}

/** The same value with members left out, and keys in other letters. */
function changed(value: Json, draw: () => number): Json {
  if (isList(value)) return value.map((item) => changed(item, draw));
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(() => draw() > 0.1);
  return Object.fromEntries(
    kept.map(([key, held]) => {
      const isRewritten = draw() < 0.15;
      const written = Array.from(key, (letter) => {
        if (!isRewritten) return letter;
        const chance = draw();
        if (letter === 'k' && chance < 0.3) return '\u212a';
        return chance < 0.5 ? letter.toUpperCase() : letter.toLowerCase();
      });
      return [written.join(''), changed(held ?? null, draw)];
    }),
  );
}

const runs = Number(process.env['TOCSIN_ORACLE_PAIRS'] ?? 20_000) / 100;

describe('the signs of an analyser', () => {
  it('are known for the calls that an account logs by the million', () => {
    expect(Object.keys(telling).sort()).toEqual([...new Set(signed.map(({ action }) => action))].sort());
  });

  it.each(signed.map((one) => [`${one.analyser.name} of ${one.action}`, one] as const))(
    'show in every record of which it derives facts: %s',
    (_, { analyser, action, signs }) => {
      let derived = 0;
      fc.assert(
        fc.property(
          fc.constantFrom(...(telling[action] ?? [])),
          fc.infiniteStream(fc.integer({ min: 0, max: 99 })),
          fc.constantFrom(own, '444455556666', undefined),
          (record, stream, recipient) => {
            const { requestParameters = {}, ...more } = record;
            const draw = (): number => (stream.next().value ?? 0) / 100;
            const fields: JsonObject = {
              ...more,
              requestParameters: changed(requestParameters, draw),
              recipientAccountId: recipient,
            };
            const event = s3Call(action.slice(action.indexOf(':') + 1), null, fields);
            if (factsOf(analyser, action, fields) === 0) return;
            derived++;
            expect(signs.some((sign) => shows(event.fields, sign))).toBe(true);
          },
        ),
        { numRuns: runs },
      );
      expect(derived).toBeGreaterThan(0);
    },
  );
});
