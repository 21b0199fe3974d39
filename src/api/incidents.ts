import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { entityKinds } from '../alert/incident/entity.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { findIncident, type Incident } from '../alert/incident/incident.ts';
import { severities } from '../event/severity.ts';
import { changeIncident } from '../store/incident-life.ts';
import { storedIncidents } from '../store/incidents.ts';
import type { Store } from '../store/store.ts';
import { byOf } from './life.ts';
import { statusBody } from './life-schema.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';

const time = z.number().describe('Event time, in milliseconds since the epoch.');
const severity = z.enum(severities);

const risk = z.object({
  score: z.int().describe('20 is one rule of severity high, fresh.'),
  rules: z.int().describe('Different rules; several on one event count as one.'),
  tactics: z.array(z.string()).readonly().describe('Names of ATT&CK tactics.'),
  explanation: z.string(),
});

const summary = z.object({
  id: z.string().describe('The id of an alert in it, usually the earliest.'),
  first: time,
  last: time,
  severity: severity.describe('The worst of its alerts.'),
  risk,
  told: z
    .object({ alertId: z.string(), severity })
    .nullable()
    .describe('The alert by which people were told of the incident.'),
  accounts: z.array(z.string()).readonly(),
  who: z.array(z.string()).readonly().describe('The actors of its alerts: the first 10.'),
  alertCount: z.int(),
  mutedCount: z
    .int()
    .describe('How many of them some channel was not told of, because it had been told of the incident.'),
});

const detail = summary.extend({
  entities: z
    .array(
      z.object({
        kind: z.enum(entityKinds),
        key: z.string(),
        alerts: z.int().describe('How many of the alerts are about it.'),
        joins: z.boolean().describe('Whether alerts were gathered by it.'),
        risk,
      }),
    )
    .readonly()
    .describe('What its alerts are about, the heaviest first; at most 50.'),
  timeline: z
    .array(
      z.object({
        id: z.string().describe('See `GET /v1/alerts/{id}`.'),
        time,
        severity,
        rule: z.object({ id: z.string(), title: z.string() }),
        title: z.string(),
        who: z.string(),
        account: z.string().optional(),
        tactics: z.array(z.string()).readonly(),
        muted: z
          .literal(true)
          .optional()
          .describe('Some channel was not told of it, because it had been told of the incident.'),
      }),
    )
    .readonly()
    .describe('Its alerts in the order of time.'),
});

const ownRevision = statusBody.shape.revision.describe(
  '`lifecycle.revision` of the alert by which people were told of the incident, `told.alertId`, when this was decided; 0 where it has none, and while nobody was told. Refused with 409 where it is another.',
);

/** `GET /v1/incidents` and `GET /v1/incidents/:id`. */
export function incidentRoutes(
  parent: FastifyInstance,
  {
    store,
    setting,
    now,
    nudge,
  }: {
    readonly store: Store;
    readonly setting: GatherSetting | undefined;
    readonly now: () => number;
    /** Told when a message may be owed. */
    readonly nudge: () => void;
  },
): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();
  const read = async (): Promise<readonly Incident[]> =>
    setting === undefined ? [] : fromStore(() => storedIncidents(store, setting));

  app.route({
    method: 'GET',
    url: '/v1/incidents',
    config: { need: 'read' },
    schema: {
      operationId: 'listIncidents',
      summary: 'List incidents of the last seven days, the latest first',
      description: 'Alerts that share an actor, address or resource, gathered; those of one alert are none.',
      querystring: z.strictObject({
        minScore: z.coerce
          .number()
          .min(0)
          .default(0)
          .describe('Only those whose score is so high or higher.'),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      response: {
        200: z
          .object({
            incidents: z.array(summary).readonly(),
            total: z.int().describe('How many there are, also beyond `limit`.'),
          })
          .describe('The latest of them.'),
        ...problems({
          400: 'A query parameter is wrong.',
          401: 'No key, or none that may read.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async ({ query }) => {
      const found = (await read()).filter((one) => one.risk.score >= query.minScore);
      return { incidents: found.slice(0, query.limit).map(incidentSummary), total: found.length };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/incidents/:id',
    config: { need: 'read' },
    schema: {
      operationId: 'getIncident',
      summary: 'One incident with its timeline and the risk of each entity',
      params: z.object({
        id: z
          .string()
          .describe('The id of the incident, of an alert in it, or of the alert that told of it.'),
      }),
      response: {
        200: detail.describe('The incident.'),
        ...problems({
          401: 'No key, or none that may read.',
          404: 'No incident goes by this id.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async ({ params: { id } }) => incidentDetail(existing(await read(), id)),
  });

  app.route({
    method: 'POST',
    url: '/v1/incidents/:id/status',
    schema: {
      operationId: 'setIncidentStatus',
      summary:
        'Acknowledge, take up, resolve or reopen an incident, or call it a false positive, with its alerts',
      description:
        'Alerts in it that are not so far yet get the same status, each with a line in its history. Reopening leaves them as they are. Doing it again does what is missing.',
      params: z.object({ id: z.string().describe('As for `GET /v1/incidents/{id}`.') }),
      body: statusBody.extend({ revision: ownRevision }),
      response: {
        200: z
          .object({
            changed: z.int().describe('How many alerts were changed, that of the incident included.'),
            unchanged: z.int().describe('How many in it were so already, or further.'),
            alertIds: z.array(z.string()).readonly().describe('Of those that were changed.'),
          })
          .describe('Done.'),
        ...problems({
          400: 'The body is not what is expected, or makes no sense for an alert of it.',
          401: 'No key of scope `all`.',
          404: 'No incident goes by this id.',
          409: 'The alert of the incident has another revision by now: look at it again.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => {
      const { status, reason, by, revision } = request.body;
      const incident = existing(await read(), request.params.id);
      const result = await fromStore(() =>
        changeIncident(store, incident, {
          status,
          reason,
          by: byOf(request, by),
          via: 'api',
          expected: revision,
          now: now(),
        }),
      );
      switch (result.type) {
        case 'stale':
          throw new HttpProblem(
            409,
            result.alert === undefined
              ? 'There is no alert of the incident that has a revision, only 0 for none; look at it and decide again.'
              : `The alert of the incident has revision ${result.alert.lifecycle?.revision ?? 0} by now; look at it and decide again.`,
          );
        case 'refused':
          throw new HttpProblem(400, result.reason);
        case 'changed':
          nudge();
          return {
            changed: result.changed.length,
            unchanged: result.unchanged,
            alertIds: result.changed,
          };
      }
    },
  });
}

/** @throws {HttpProblem} where no incident goes by the id */
function existing(incidents: readonly Incident[], id: string): Incident {
  const incident = findIncident(incidents, id);
  if (incident === undefined)
    throw new HttpProblem(
      404,
      'No incident of the last seven days goes by this id; /v1/incidents lists those that there are.',
    );
  return incident;
}

function incidentSummary({
  id,
  first,
  last,
  severity: worst,
  risk: score,
  told,
  accounts,
  alerts,
}: Incident) {
  return {
    id,
    first,
    last,
    severity: worst,
    risk: score,
    told: told === undefined ? null : { alertId: told.alertId, severity: told.severity },
    accounts,
    who: [...new Set(alerts.map(({ who }) => who))].slice(0, 10),
    alertCount: alerts.length,
    mutedCount: alerts.filter(({ muted }) => muted === true).length,
  };
}

function incidentDetail(incident: Incident) {
  return {
    ...incidentSummary(incident),
    entities: incident.entities,
    timeline: incident.alerts,
  };
}
