import * as z from 'zod';
import { severities } from '../event/severity.ts';
import { RuleError } from '../sigma/problem.ts';
import { hours } from './config-hours.ts';
import { groupingSection, perHourSetting, realertSection, rulesSection } from './config-joining.ts';
import { ofEvents, unknownFields } from './known-fields.ts';
import { readSelection, type Selection } from '../sigma/selection.ts';

const day = 86_400_000;

/** A Sigma search as rules have it, over raw fields and those of `tocsin.*` that are known. */
export function searchOver(known: ReadonlySet<string>, description: string) {
  return z
    .unknown()
    .transform((value, context): Selection => {
      try {
        const read = readSelection(value);
        for (const field of unknownFields(read, known))
          context.addIssue({
            code: 'custom',
            message: `there is no field '${field}' here, so that it would never hold; ${known === ofEvents ? "'tocsin rules fields' lists those that there are" : 'docs/delivery.md lists those that there are'}`,
          });
        return read;
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        context.addIssue({ code: 'custom', message: error.message, path: [...error.at] });
        return z.NEVER;
      }
    })
    .describe(description);
}

const selection = searchOver(
  ofEvents,
  'Which alerts: a search as rules have it (a map, or a list of maps) over raw fields, `tocsin.*`, `tocsin.estate.*` and `tocsin.rule.id`, `.title`, `.level`, `.tags`.',
);

/** `2026-12-31` or a time with its zone, as milliseconds since the epoch. `ends` is where a day ends and not where it begins. */
function point(ends: boolean) {
  return z.string().transform((text, context): number => {
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
    const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
    const time = isDay || isTime ? Date.parse(text) : Number.NaN;
    // `2026-02-30` is read as a day of March, which is not what was written.
    if (Number.isNaN(time) || (isDay && new Date(time).toISOString().slice(0, 10) !== text)) {
      context.addIssue({
        code: 'custom',
        message: 'must be a day such as 2026-12-31, or a time with its zone such as 2026-12-31T18:00:00Z',
      });
      return z.NEVER;
    }
    return isDay && ends ? time + day : time;
  });
}

const name = z.string().min(1).max(200);

const severityChange = z
  .strictObject({
    name: name.describe('What the alert says of the change: `production account`.'),
    when: selection,
    to: z.enum(severities).optional().describe('The severity from now on.'),
    by: z.int().min(-4).max(4).optional().describe('Steps up, or down where negative.'),
    atLeast: z.enum(severities).optional().describe('Raise what is below.'),
    atMost: z.enum(severities).optional().describe('Lower what is above.'),
    during: hours
      .optional()
      .describe(
        'Only for events in these hours of the week, such as those at night; always, where left out.',
      ),
  })
  .transform(({ name: called, when, to, by, atLeast, atMost, during }, context) => {
    const given = [
      to === undefined ? [] : [{ to }],
      by === undefined || by === 0 ? [] : [{ by }],
      atLeast === undefined ? [] : [{ atLeast }],
      atMost === undefined ? [] : [{ atMost }],
    ].flat();
    const [change, more] = given;
    if (change === undefined || more !== undefined) {
      context.addIssue({
        code: 'custom',
        message: "needs one of 'to', 'by', 'atLeast' and 'atMost', and one only",
      });
      return z.NEVER;
    }
    return { name: called, when, change, during };
  });

const exception = z
  .strictObject({
    name: name.describe('What it is called in lists.'),
    when: selection,
    reason: name.describe('Why this is accepted.'),
    owner: name.describe('Who answers for it.'),
    from: point(false)
      .optional()
      .describe('The first day or time of events for which it holds; all before `until`, where left out.'),
    until: point(true).describe(
      'The last day (included, in UTC), or the time, of events for which it holds. Every exception has an end.',
    ),
    during: hours
      .optional()
      .describe(
        'Only for events in these hours of the week, such as those of maintenance; always, where left out.',
      ),
  })
  .refine(({ from, until }) => from === undefined || from < until, {
    path: ['until'],
    message: 'lies before `from`, so that it would never hold',
  });

/** The `alerts` section: severity, exceptions, and how findings become alerts. Its output is an `AlertPolicy`, and a `JoiningConfig`. */
export const alertsSection = z
  .strictObject({
    severity: z
      .array(severityChange)
      .default([])
      .describe('Changes of severity, tried in order; the alert says which one held.'),
    exceptions: z
      .array(exception)
      .default([])
      .describe(
        'What is known and accepted for a time. Such alerts are kept, counted and listed apart, and delivered to nobody.',
      ),
    grouping: groupingSection,
    realert: realertSection,
    perHour: perHourSetting,
    rules: rulesSection,
  })
  .prefault({})
  .describe('What becomes of alerts before anybody is told.');
