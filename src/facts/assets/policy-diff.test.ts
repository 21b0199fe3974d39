import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { diffPolicies, policyLines } from './policy-diff.ts';

const read = {
  Sid: 'Read',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::vault/*',
};
const audit = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::444455556666:root' },
  Action: ['s3:List*', 's3:Get*'],
  Resource: '*',
};
const deny = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: '*',
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
const doc = (...Statement: readonly Json[]): Json => ({ Version: '2012-10-17', Statement });
const diff = (before: Json | undefined, after: Json | undefined) =>
  diffPolicies(before, after)?.lines.map(({ sign, text }) => `${sign} ${text}`);

const allowRead = 'allow anyone (`*`) to `s3:getobject` on `arn:aws:s3:::vault/*`';

describe('the difference between two policies', () => {
  const cases: readonly (readonly [
    string,
    Json | undefined,
    Json | undefined,
    readonly string[] | undefined,
  ])[] = [
    ['says what a first policy allows', undefined, doc(read), [`+ ${allowRead}`]],
    ['says what goes with the last one', doc(read), undefined, [`- ${allowRead}`]],
    ['tells a statement that was added', doc(audit), doc(audit, read), [`+ ${allowRead}`]],
    ['tells a statement that went', doc(read, deny), doc(deny), [`- ${allowRead}`]],
    ['is nothing for the same statements in another order', doc(read, audit), doc(audit, read), []],
    ['is nothing for another Sid', doc(read), doc({ ...read, Sid: 'Other' }), []],
    ['is nothing for the case of actions', doc(read), doc({ ...read, Action: ['S3:getobject'] }), []],
    ['is nothing for a list around one statement', doc(read), { Statement: read }, []],
    ['is nothing for a policy written as text', doc(read), JSON.stringify(doc(read)), []],
    [
      'is nothing for a policy in percent signs',
      doc(read),
      encodeURIComponent(JSON.stringify(doc(read))),
      [],
    ],
    [
      'is nothing for an account by its id',
      doc(audit),
      doc({ ...audit, Principal: { AWS: '444455556666' } }),
      [],
    ],
    [
      'shows only what differs of a statement that changed',
      doc(audit),
      doc({ ...audit, Action: ['s3:Get*', 's3:List*', 's3:PutObject'] }),
      [
        '  which was: allow account `444455556666` to `s3:get*`, `s3:list*` on `*`',
        '+ to do: `s3:putobject`',
      ],
    ],
    [
      'finds a changed statement by its Sid',
      doc(read),
      doc({ ...read, Action: 's3:*', Resource: '*' }),
      [
        `  in \`Read\`, which was: ${allowRead}`,
        '- to do: `s3:getobject`',
        '+ to do: `s3:*`',
        '- on: `arn:aws:s3:::vault/*`',
        '+ on: `*`',
      ],
    ],
    [
      'says when a condition goes',
      doc({ ...read, Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }),
      doc(read),
      [
        `  in \`Read\`, which was: ${allowRead} if \`aws:SourceIp is in 192.0.2.0/24\``,
        '- if: `aws:SourceIp is in 192.0.2.0/24`',
        '+ without any condition',
      ],
    ],
    [
      'never pairs what allows with what denies',
      doc(deny),
      doc({ ...deny, Effect: 'Allow' }),
      [
        '- deny anyone (`*`) to `s3:*` on `*` if `aws:SecureTransport is false`',
        '+ allow anyone (`*`) to `s3:*` on `*` if `aws:SecureTransport is false`',
      ],
    ],
    [
      'reads a policy of an identity, which names nobody',
      undefined,
      doc({ Effect: 'Allow', Action: '*', Resource: '*' }),
      ['+ allow `*` on `*`'],
    ],
    [
      'reads what is left out',
      undefined,
      doc({ Effect: 'Allow', NotAction: 'iam:*', NotResource: 'x', NotPrincipal: { AWS: '444455556666' } }),
      ['+ allow everyone but account `444455556666` to everything but `iam:*` on everything but `x`'],
    ],
    [
      'reads a single statement, as Lambda shows it',
      undefined,
      JSON.stringify({ ...read, Principal: { Service: 's3.amazonaws.com' } }),
      ['+ allow the service `s3.amazonaws.com` to `s3:getobject` on `arn:aws:s3:::vault/*`'],
    ],
    ['is unknown where a policy cannot be read', doc(read), 'no JSON', undefined],
    ['is unknown where what stood there could not be read', null, doc(read), undefined],
  ];
  it.each(cases)('%s', (_, before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });

  it('takes no control character and no endless text from a policy', () => {
    const hostile = doc({ ...read, Resource: `\u001b[2J\n${'x'.repeat(5000)}`, Sid: '`\n' });
    const [line] = diff(doc(), hostile) ?? [];
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line?.length).toBeLessThan(600);
  });

  it('is bounded, and says how much is left out', () => {
    const many = Array.from({ length: 400 }, (_, i) => ({ ...read, Sid: String(i), Resource: `r${i}` }));
    const lines = diff(doc(), doc(...many)) ?? [];
    expect(lines).toHaveLength(24);
    expect(lines.at(-1)).toBe('  and 377 more lines');
  });

  it('does not hang on any order, and is empty for the same statements', () => {
    const statement = fc.constantFrom<Json>(
      read,
      audit,
      deny,
      { ...audit, Action: 's3:*' },
      { Effect: 'Allow' },
      {},
    );
    const statements = fc.array(statement, { maxLength: 8 });
    fc.assert(
      fc.property(statements, statements, (a, b) => {
        const there = diffPolicies(doc(...a), doc(...b));
        const back = diffPolicies(doc(...b), doc(...a));
        expect(there?.added).toEqual(back?.removed);
        expect(there?.same).toBe(there?.lines.length === 0);
        expect(diffPolicies(doc(...a), doc(...a.toReversed()))?.same).toBe(true);
      }),
    );
  });
});

it('says what a policy says where nothing is known of before', () => {
  expect(policyLines(doc(read))).toEqual([{ sign: ' ', text: allowRead }]);
  expect(policyLines('no JSON')).toBeUndefined();
});
