import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { allow, answerFor, bucket, lines, view } from '../testing/policy.ts';
import { parsePolicy } from './document.ts';
import { grantsOf } from './grants.ts';

describe('policy documents', () => {
  it.each<readonly [string, Json | undefined, string]>([
    ['nothing', undefined, 'not a JSON object'],
    ['a number', 7, 'not a JSON object'],
    ['text that is not JSON', '{"Statement":', 'not a JSON object'],
    ['broken percent-encoding', '%7B%ZZ', 'not a JSON object'],
    ['no Statement', { Version: '2012-10-17' }, 'no Statement'],
    ['a Statement that is a text', { Statement: 'Allow' }, 'statement 1: it is not an object'],
    ['no Effect', { Statement: [allow({ Effect: undefined })] }, 'statement 1: its Effect'],
    ['an Effect in lower case', { Statement: allow({ Effect: 'allow' }) }, 'its Effect'],
    ['no Principal', { Statement: allow({ Principal: undefined }) }, 'it has no Principal'],
    ['Principal and NotPrincipal', { Statement: allow({ NotPrincipal: '*' }) }, 'Principal and NotPrincipal'],
    ['an empty Principal', { Statement: allow({ Principal: {} }) }, 'names nobody'],
    ['a Principal that is a list', { Statement: allow({ Principal: ['*'] }) }, 'neither "*" nor an object'],
    ['no Action', { Statement: allow({ Action: undefined }) }, 'it has no Action'],
    ['an Action that is a number', { Statement: allow({ Action: 3 }) }, 'its Action is not a text'],
    ['an empty list of actions', { Statement: allow({ Action: [] }) }, 'empty list'],
    ['Resource and NotResource', { Statement: allow({ NotResource: bucket }) }, 'Resource and NotResource'],
    [
      'a Condition that is a text',
      { Statement: allow({ Condition: 'never' }) },
      'its Condition is not an object',
    ],
    [
      'a Condition without a key',
      { Statement: allow({ Condition: { Bool: 'x' } }) },
      'Condition "Bool" is not an object',
    ],
    ['a nested condition value', { Statement: allow({ Condition: { Bool: { k: [{}] } } }) }, 'not a text'],
    [
      'an endless document',
      { Statement: allow({ Action: Array.from({ length: 9000 }, () => 's3:Get*') }) },
      'longer than',
    ],
    [
      'too many combinations',
      {
        Statement: allow({
          Principal: { AWS: Array.from({ length: 900 }, (_, i) => `${111111111111 + i}`) },
          Resource: Array.from({ length: 300 }, (_, i) => `${bucket}/${i}`),
        }),
      },
      'too many combinations',
    ],
  ])('that cannot be read are an answer: %s', (_name, document, problem) => {
    const answer = grantsOf(parsePolicy(document), view);
    expect(answer.grants).toEqual([]);
    expect(answer.problems.join()).toContain(problem);
  });

  it('say which statement, and the others are still read', () => {
    const answer = answerFor([allow(), 'nonsense']);
    expect(lines(answer)).toEqual(['public: read']);
    expect(answer.problems).toEqual(['statement 2: it is not an object']);
  });

  it('need not be objects: JSON in a string will do, percent-encoded too', () => {
    const text = JSON.stringify({ Statement: allow() });
    expect(lines(grantsOf(parsePolicy(text), view))).toEqual(['public: read']);
    expect(lines(grantsOf(parsePolicy(encodeURIComponent(text)), view))).toEqual(['public: read']);
  });
});
