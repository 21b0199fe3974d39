import type { Event } from '../../event/event.ts';
import { text } from '../../event/json.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { factsOf } from '../table.ts';

/** The root of an account that isn't the owner's. */
export const stranger = 'arn:aws:iam::444455556666:root';
export const own = 'arn:aws:iam::111122223333:root';

/** A policy of one Allow, as JSON. */
export const policy = (principal: Json, action: Json, more: JsonObject = {}): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: action, Resource: '*', ...more }],
  });

/** `audience change verdict [attempted]: explanation`, one line for each fact of the analyser. */
export function lines(event: Event): string[] {
  return factsOf(event)
    .filter(({ fields }) => text(fields, 'via') === 'policy' || text(fields, 'via') === 'grant')
    .map(
      ({ fields, explanation }) =>
        `${['audience', 'change', 'verdict'].map((name) => text(fields, name)).join(' ')}${fields['attempted'] === true ? ' attempted' : ''}: ${explanation}`,
    );
}

/** A call, and the lines of what it means. */
export type Case = readonly [name: string, event: Event, expected: readonly string[]];
