import * as z from 'zod';
import { statuses } from '../alert/alert-life.ts';
import { severities } from '../event/severity.ts';
import { exceptionChoices, type AlertQuery } from '../store/store.ts';
import { cursor, limit, name, time } from './query-parts.ts';

/** What `GET /v1/alerts` can be asked. */
export function alertQuerySchema(now: () => number) {
  return z.strictObject({
    severity: z
      .enum(severities, `expected one of ${severities.join(', ')}`)
      .optional()
      .describe('Only this severity or worse.'),
    rule: name('the id of a rule').optional().describe('Only alerts of the rule with this id.'),
    account: name('an AWS account id').optional().describe('Only events of this account.'),
    text: z
      .string()
      .max(500, 'expected words of at most 500 characters together')
      .optional()
      .describe(
        'Only alerts in which each of these words stands, in whatever case: in the title, in what the facts say, in names, ARNs, addresses and the like, whole or as a part of one between its signs.',
      ),
    actor: name('an actor').optional().describe('Only alerts about this actor: its name, ARN or access key.'),
    address: name('an address').optional().describe('Only alerts about calls from this address.'),
    resource: name('a resource').optional().describe('Only alerts about this resource: its name or ARN.'),
    action: name('an action').optional().describe('Only alerts about this action, such as PutBucketPolicy.'),
    service: name('a service')
      .optional()
      .describe('Only alerts about this service, such as s3.amazonaws.com.'),
    region: name('a region').optional().describe('Only alerts about this region.'),
    technique: name('an ATT&CK technique')
      .optional()
      .describe('Only alerts about this ATT&CK technique, such as T1537.'),
    incident: name('the id of an incident')
      .optional()
      .describe('Only alerts that came when people had been told of this incident; the incident lists all.'),
    muted: z
      .enum(['incident', 'hour'], 'expected incident or hour')
      .optional()
      .describe(
        'Only alerts that were not told everywhere: because of their incident, or because their rule had told too much in the hour.',
      ),
    status: z
      .string()
      .transform((value) => value.split(','))
      .pipe(z.array(z.enum(statuses, `expected some of ${statuses.join(', ')}, with commas between them`)))
      .optional()
      .describe('Only alerts with one of these statuses, with commas between them.'),
    assignee: name('a name').optional().describe('Only alerts that this person takes care of.'),
    since: time(now)
      .optional()
      .describe(
        'Only alerts that were last seen at this time or later: those that began before and go on are among them.',
      ),
    until: time(now).optional().describe('Only alerts that were first seen before this time.'),
    exceptions: z
      .enum(exceptionChoices, `expected one of ${exceptionChoices.join(', ')}`)
      .optional()
      .describe(
        'Whether to hide alerts that fall under an exception (the default), to show them, or to show only them.',
      ),
    limit: limit.default(50).describe('Alerts on one page.'),
    cursor,
  });
}

/** What the parameters of a list ask the store. */
export function storeQuery({
  rule,
  cursor,
  actor,
  address,
  resource,
  action,
  service,
  region,
  technique,
  incident,
  muted,
  ...rest
}: z.output<ReturnType<typeof alertQuerySchema>>): AlertQuery {
  const about = { actor, address, resource, action, service, region, technique, incident, muted };
  return { ...rest, ruleId: rule, about, after: cursor };
}
