import type { Json, JsonObject } from '../../event/json.ts';
import { parsePolicy } from '../policy/document.ts';
import { grantsOf } from '../policy/grants.ts';
import type { Answer, View } from '../policy/grants.ts';
import { s3Vocabulary } from '../s3-actions.ts';

export const bucket = 'arn:aws:s3:::invoices';
export const objects = `${bucket}/*`;
export const view: View = { owner: '111122223333', vocabulary: s3Vocabulary, universe: [bucket, objects] };
export const org = 'o-exampleorg1';

export function answerFor(statement: Json, from: View = view): Answer {
  return grantsOf(parsePolicy({ Version: '2012-10-17', Statement: statement }), from);
}

/** One line for each grant: audience, access, whom it names. */
export function lines(answer: Answer): string[] {
  return answer.grants.map(
    (grant) =>
      `${grant.audience}: ${grant.access.join(' ')}${[...grant.accounts, ...grant.organisations].map((id) => ` ${id}`).join('')}${grant.guarded ? '' : ' unguarded'}${grant.doubts.length > 0 ? ' ?' : ''}`,
  );
}

export const allow = (more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: objects,
  ...more,
});
export const deny = (more: JsonObject = {}): JsonObject => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [bucket, objects],
  ...more,
});
export const given = (operator: string, key: string, ...values: string[]): JsonObject =>
  allow({ Condition: { [operator]: { [key]: values } } });
export const unless = (condition: JsonObject): Json => [allow(), deny({ Condition: condition })];

/** A statement or list of statements, and the lines of what it grants. */
export type Case = readonly [name: string, statement: Json, expected: readonly string[]];
