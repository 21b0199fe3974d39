import * as z from 'zod';
import { searchOver } from './config-alerts.ts';
import { digestSetting } from '../notify/digest-setting.ts';
import { hours } from './config-hours.ts';
import { ofAlerts } from './known-fields.ts';

const name = z.string().min(1).max(200);

const channelNames = z.array(z.string().min(1));

const minutes = z
  .int()
  .min(1)
  .max(7 * 24 * 60);

const fallback = z
  .strictObject({
    to: channelNames.min(1).describe('Names of channels.'),
    afterMinutes: minutes
      .default(10)
      .describe('How many minutes after the alert it must have reached every channel of `to`.'),
  })
  .describe(
    'Who is told too when a channel of `to` has not taken the alert for some minutes, because it fails or is closed.',
  );

const escalation = z.strictObject({
  afterMinutes: minutes.describe('How many minutes after the alert.'),
  to: channelNames.min(1).describe('Names of channels.'),
});

/** One entry of `routes`; its output is a `Route`. */
const route = z.strictObject({
  name: name.describe('What it is called in lists and explanations.'),
  when: searchOver(
    ofAlerts,
    'Which alerts: a search as rules have it (a map, or a list of maps) over `tocsin.alert.severity`, `tocsin.account`, `tocsin.estate.environment`, `tocsin.rule.tags` and the like, and raw fields. All, where left out.',
  ).optional(),
  during: hours.optional(),
  to: channelNames.describe('Names of channels. None, where such alerts are for nobody.'),
  continue: z.boolean().default(false).describe('Whether the routes below are looked at too.'),
  digest: digestSetting
    .optional()
    .describe(
      'The channels of `to` get what this route takes together, in one message; for each at once, where left out.',
    ),
  fallback: fallback.optional(),
  escalate: z
    .array(escalation)
    .max(20)
    .default([])
    .describe('Who is told next, step by step, while nobody has acknowledged the alert.'),
});

/** The `routes` section. */
export const routesSection = z
  .array(route)
  .default([])
  .describe(
    'Which alerts go to which channels, tried in order until one takes the alert. Without any, every channel gets what reaches its `minSeverity`; with routes that floor still holds.',
  );

/** For `superRefine` of the whole configuration: every channel that a route names must be there. */
export function checkRoutes(
  { routes, channels }: { readonly routes: z.output<typeof routesSection>; readonly channels: object },
  context: z.RefinementCtx,
): void {
  const there = Object.keys(channels);
  const names = new Set<string>();
  routes.forEach((one, index) => {
    if (names.has(one.name))
      context.addIssue({
        code: 'custom',
        path: ['routes', index, 'name'],
        message: 'is the name of a route above',
      });
    names.add(one.name);
    const told = new Set<string>();
    const check = (to: readonly string[], path: readonly (string | number)[]): void =>
      to.forEach((channel, at) => {
        const problem = there.includes(channel)
          ? told.has(channel) && `is told by this route already, and no channel is told of an alert twice`
          : `there is no channel '${channel}'; ${there.length === 0 ? 'none are configured' : `configured are ${there.join(', ')}`}`;
        told.add(channel);
        if (problem !== false)
          context.addIssue({ code: 'custom', path: ['routes', index, ...path, at], message: problem });
      });
    check(one.to, ['to']);
    if (one.fallback !== undefined) check(one.fallback.to, ['fallback', 'to']);
    if (one.digest !== undefined && one.fallback !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['routes', index, 'fallback'],
        message: 'cannot stand beside `digest`: what waits for a digest has reached nobody',
      });
    let before = 0;
    one.escalate.forEach(({ afterMinutes, to }, step) => {
      check(to, ['escalate', step, 'to']);
      if (afterMinutes <= before)
        context.addIssue({
          code: 'custom',
          path: ['routes', index, 'escalate', step, 'afterMinutes'],
          message: 'is not later than the step before; minutes are counted from the alert',
        });
      before = afterMinutes;
    });
  });
}
