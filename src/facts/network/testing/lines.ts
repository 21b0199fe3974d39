import { text } from '../../../event/json.ts';
import type { JsonObject } from '../../../event/json.ts';
import type { Fact } from '../../fact.ts';

/** What EC2 writes into a record when it refuses a call. */
export const refused: JsonObject = {
  errorCode: 'Client.UnauthorizedOperation',
  errorMessage: 'You are not authorized to perform this operation.',
};

/** One line for each fact, `field field ...: explanation`. */
export function lines(facts: readonly Fact[], ...names: readonly string[]): readonly string[] {
  return facts.map(
    ({ fields, explanation }) =>
      `${names.map((name) => text(fields, name) ?? '-').join(' ')}: ${explanation}`,
  );
}
