import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { GroupSetting } from '../alert/group.ts';
import { newsKinds, type Joining, type Realert } from '../alert/join.ts';
import { atLeast, severities } from '../event/severity.ts';
import { parseTimespan } from '../sigma/correlation/timespan.ts';

export const timespan = z.string().transform((text, context): number => {
  const span = parseTimespan(text);
  if (typeof span === 'number') return span;
  context.addIssue({ code: 'custom', message: `'${text}' ${span.problem}` });
  return z.NEVER;
});

const hour = 3_600_000;

export const groupingSection = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Whether findings of one rule with the same actor, account and targets become one alert.'),
    window: timespan
      .default(hour)
      .describe(
        'How far in event time a finding may lie from the first or last one of an alert and still join it, such as 30m or 1h. A rule may say its own in `tocsin.group-window`.',
      ),
    raise: z
      .array(z.enum(newsKinds))
      .default(newsKinds.filter((kind) => kind !== 'fact'))
      .describe(
        'What is news of an alert, so that people are told again: a success after failures (`result`), another person, country or target; also a further fact, which many calls bring with them. A worse severity always is.',
      ),
    raiseSteps: z
      .int()
      .min(0)
      .max(4)
      .default(1)
      .describe('By how many steps the severity rises with the first such news; 0 leaves it.'),
  })
  .prefault({})
  .describe('How findings become alerts.');

const realert = z
  .strictObject({
    rules: z.array(z.string().min(1)).optional().describe('Only alerts of rules with these ids.'),
    minSeverity: z.enum(severities).optional().describe('Only alerts of this severity or worse.'),
    after: z.int().min(1).optional().describe('Tell again after so many further findings.'),
    every: timespan
      .optional()
      .describe('Tell again with the first finding that is so much later than what was told, such as 4h.'),
    longest: timespan
      .optional()
      .describe('Where it is given, that time doubles with each telling, up to this.'),
  })
  .refine(({ after, every }) => after !== undefined || every !== undefined, {
    message: "needs 'after', 'every', or both",
  });

export const realertSection = z
  .array(realert)
  .prefault([{ every: '1d' }])
  .describe(
    'When people are told again of an alert that is still open and still goes on; the first entry that fits an alert counts. An empty list tells once.',
  );

export const perHourSetting = z
  .int()
  .min(1)
  .nullable()
  .default(null)
  .describe(
    'How many messages about alerts one rule may bring in an hour. What comes beyond is kept, and summed up in one alert when the hour is over. No limit, where it is `null`.',
  );

const ruleSetting = z.strictObject({
  groupBy: z
    .array(z.string().min(1))
    .max(20)
    .optional()
    .describe(
      'Fields by which its findings become one alert, such as tocsin.actor.name; an empty list makes each an alert of its own.',
    ),
  groupWindow: timespan.optional().describe('As `alerts.grouping.window`.'),
  perHour: perHourSetting.optional().describe('As `alerts.perHour`.'),
});

export const rulesSection = z
  .record(z.string().min(1), ruleSetting)
  .default({})
  .describe('What is different for single rules, by their id.');

/** What `alerts` says of joining. */
export interface JoiningConfig {
  readonly grouping: z.output<typeof groupingSection>;
  readonly realert: z.output<typeof realertSection>;
  readonly perHour: number | null;
  readonly rules: z.output<typeof rulesSection>;
}

/** What findings are grouped by; undefined where they are not. */
export function groupsOf({ grouping, rules }: JoiningConfig): GroupSetting | undefined {
  if (!grouping.enabled) return undefined;
  return {
    windowMs: grouping.window,
    rules: Object.fromEntries(
      Object.entries(rules).map(([id, { groupBy, groupWindow }]) => [
        id,
        { by: groupBy, windowMs: groupWindow },
      ]),
    ),
  };
}

export function joiningOf({ grouping, realert: entries, perHour, rules }: JoiningConfig): Joining {
  return {
    raise: { on: grouping.raise, steps: grouping.raiseSteps },
    realertOf: (alert) => realertOf(entries, alert),
    perHour: ({ rule }) => {
      const own = Object.hasOwn(rules, rule.id) ? rules[rule.id]?.perHour : undefined;
      return (own === undefined ? perHour : own) ?? undefined;
    },
  };
}

function realertOf(entries: JoiningConfig['realert'], { rule, severity }: Alert): Realert | undefined {
  const found = entries.find(
    ({ rules, minSeverity = 'informational' }) =>
      (rules === undefined || rules.includes(rule.id)) && atLeast(severity, minSeverity),
  );
  return found && { after: found.after, everyMs: found.every, longestMs: found.longest };
}
