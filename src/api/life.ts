import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import type { LifecycleChange } from '../alert/lifecycle.ts';
import { periodProblem, type Suppression } from '../alert/suppression.ts';
import type { Json } from '../event/json.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { passOn } from '../store/incident-life.ts';
import type { Store } from '../store/store.ts';
import {
  assigneeBody,
  commentBody,
  figuresSchema,
  historySchema,
  snoozeBody,
  statusBody,
  suppressionSchema,
} from './life-schema.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';
import { alertSummarySchema } from './alert-schema.ts';

export interface LifeRoutes {
  readonly store: Store;
  readonly now: () => number;
  /** Names of the channels that hear how an alert stands, as far as they were told of it. */
  readonly channelNames: () => readonly string[];
  /** Told when a message may be owed. */
  readonly nudge: () => void;
  /** Why a search of a suppression would be none; undefined where it is one. */
  readonly problemOf: (when: Json) => string | undefined;
  /** Told when suppressions have changed. */
  readonly onSuppressions: () => Promise<void>;
  /** How alerts are gathered: what is done to the alert of an incident is passed on to the alerts in it. */
  readonly gathering: GatherSetting | undefined;
}

const idParameter = z.object({
  id: z.string().describe('The id of the alert, or of a finding that joined it: 32 hex digits.'),
});

const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().min(1).max(2_000).optional().describe("Where to go on: 'next' of the page before."),
});

const closedToMost = {
  401: 'No key of scope `all`.',
  503: 'The store could not be used; try again.',
};
const forReaders = { ...closedToMost, 401: 'No key, or none that may read.' };

/** What people do with alerts, what they did, and what they keep quiet. */
export function lifeRoutes(parent: FastifyInstance, options: LifeRoutes): void {
  const app = parent.withTypeProvider<ZodTypeProvider>();
  const { store, now } = options;

  const changes = [
    [
      'status',
      'setAlertStatus',
      'Acknowledge, take up, resolve or reopen an alert, or call it a false positive',
      statusBody,
    ],
    ['assignee', 'assignAlert', 'Say who takes care of an alert', assigneeBody],
    ['comments', 'commentOnAlert', 'Write down what somebody found out', commentBody],
    [
      'snooze',
      'snoozeAlert',
      'Tell nobody of an alert for a time; it is told again when that is over, or when it gets worse',
      snoozeBody,
    ],
  ] as const;
  for (const [name, operationId, summary, body] of changes)
    app.route({
      method: 'POST',
      url: `/v1/alerts/:id/${name}`,
      schema: {
        operationId,
        summary,
        params: idParameter,
        body,
        response: {
          200: z
            .object({
              changed: z.boolean().describe('False where it was so already.'),
              passedOn: z
                .int()
                .optional()
                .describe(
                  'How many alerts got the same status, because this is the alert of their incident.',
                ),
              alert: alertSummarySchema,
            })
            .describe('The alert as it is now. The change is in its history.'),
          ...problems({
            400: 'The body is not what is expected, or makes no sense for this alert.',
            ...closedToMost,
            404: 'There is no such alert.',
            409: 'The alert has another revision by now: look at it again.',
          }),
        },
      },
      handler: async (request) => change(request, request.params.id, changeOf(request.body)),
    });

  async function change(request: FastifyRequest, alertId: string, { revision, by, what }: Asked) {
    const result = await fromStore(() =>
      store.life.change({
        alertId,
        change: what,
        by: byOf(request, by),
        via: 'api',
        expected: revision,
        followUps: what.type === 'status' ? options.channelNames() : [],
        now: now(),
      }),
    );
    switch (result.type) {
      case 'unknown':
        throw new HttpProblem(404, 'There is no alert with this id; /v1/alerts lists those that there are.');
      case 'stale':
        throw new HttpProblem(
          409,
          `The alert has revision ${result.alert.lifecycle?.revision ?? 0} by now; look at it and decide again.`,
        );
      case 'refused':
        throw new HttpProblem(400, result.reason);
      case 'unchanged':
        return { changed: false, alert: result.alert };
      case 'changed': {
        const passedOn =
          what.type === 'status'
            ? await fromStore(() =>
                passOn(store, options.gathering, result.alert, {
                  ...what,
                  by: byOf(request, by),
                  via: 'api',
                  now: now(),
                }),
              )
            : 0;
        options.nudge();
        return { changed: true, ...(passedOn > 0 && { passedOn }), alert: result.alert };
      }
    }
  }

  /** The history outlives its alert, so that an id which finds none is asked for as it is. */
  async function knownId(id: string): Promise<string> {
    return (await fromStore(() => store.alert(id)))?.id ?? id;
  }

  for (const [url, operationId, summary, params] of [
    [
      '/v1/alerts/:id/history',
      'alertHistory',
      'What was done with an alert, by whom, the newest first',
      idParameter,
    ],
    ['/v1/history', 'history', 'What was done with all alerts, by whom, the newest first', z.object({})],
  ] as const)
    app.route({
      method: 'GET',
      url,
      config: { need: 'read' },
      schema: {
        operationId,
        summary,
        description: 'Lines are added and never changed. They outlive their alert.',
        params,
        querystring: page,
        response: {
          200: historySchema.describe('One page.'),
          ...problems({ 400: 'A query parameter is wrong.', ...forReaders }),
        },
      },
      handler: async ({ params: given, query }) => {
        const alertId = 'id' in given ? await knownId(given.id) : undefined;
        const found = await fromStore(() =>
          store.life.history({ alertId, limit: query.limit, after: query.cursor }),
        );
        return { lines: found.lines, next: found.next ?? null };
      },
    });

  app.route({
    method: 'GET',
    url: '/v1/rules/figures',
    config: { need: 'read' },
    schema: {
      operationId: 'ruleFigures',
      summary: 'How many alerts of each rule were resolved, and how many were false positives',
      response: { 200: figuresSchema, ...problems(forReaders) },
    },
    handler: async () => {
      const [figures, statuses] = await fromStore(() =>
        Promise.all([store.life.figures(), store.life.statuses()]),
      );
      return {
        statuses,
        rules: figures.map((one) => {
          const judged = one.resolved + one.falsePositives;
          return { ...one, precision: judged === 0 ? null : one.resolved / judged };
        }),
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/suppressions',
    config: { need: 'read' },
    schema: {
      operationId: 'listSuppressions',
      summary: 'Suppressions that were made while Tocsin ran, the newest first, also those that have ended',
      response: {
        200: z.object({ suppressions: z.array(suppressionSchema).readonly() }),
        ...problems(forReaders),
      },
    },
    handler: async () => ({ suppressions: await fromStore(() => store.life.suppressions()) }),
  });

  app.route({
    method: 'POST',
    url: '/v1/suppressions',
    schema: {
      operationId: 'suppress',
      summary: 'Keep alerts quiet that fit a search, for a time',
      description:
        'Such alerts are kept, counted and listed apart, and told to nobody, as under an exception of the configuration.',
      body: z.strictObject({
        name: z.string().min(1).max(200),
        when: suppressionSchema.shape.when,
        reason: z.string().min(1).max(1_000),
        owner: z.string().min(1).max(200).describe('Who answers for it.'),
        from: z.number().optional().describe('The first event time for which it holds; now, where left out.'),
        until: z
          .number()
          .describe(
            'The first event time for which it holds no longer: in the future, and at most a year away.',
          ),
      }),
      response: {
        201: suppressionSchema,
        ...problems({
          400: 'The body is not what is expected, or the search would hold for an event without any fields.',
          ...closedToMost,
        }),
      },
    },
    handler: async (request, reply) => {
      const { when, from = now(), ...rest } = request.body;
      const period = periodProblem({ from, until: rest.until }, now());
      if (period !== undefined) throw new HttpProblem(400, `${period}.`);
      const problem = options.problemOf(when as Json);
      if (problem !== undefined) throw new HttpProblem(400, `when: ${problem}`);
      const suppression: Suppression = {
        ...rest,
        when: when as Json,
        from,
        id: randomUUID(),
        createdAt: now(),
        createdBy: byOf(request, undefined),
      };
      await keep(suppression);
      return reply.code(201).send(suppression);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/suppressions/:id/end',
    schema: {
      operationId: 'endSuppression',
      summary: 'End a suppression now: it holds for nothing that happens from here on',
      params: z.object({ id: z.string().min(1).max(100) }),
      response: {
        200: suppressionSchema,
        ...problems({ ...closedToMost, 404: 'There is no such suppression.' }),
      },
    },
    handler: async (request) => {
      const all = await fromStore(() => store.life.suppressions());
      const found = all.find(({ id }) => id === request.params.id);
      if (found === undefined) throw new HttpProblem(404, 'There is no suppression with this id.');
      if (found.ended !== undefined) return found;
      const ended = { ...found, ended: { at: now(), by: byOf(request, undefined) } };
      await keep(ended);
      return ended;
    },
  });

  async function keep(suppression: Suppression): Promise<void> {
    await fromStore(() => store.life.suppress(suppression));
    await options.onSuppressions();
  }
}

interface Asked {
  readonly revision: number | undefined;
  readonly by: string | undefined;
  readonly what: LifecycleChange;
}

type Body =
  | z.output<typeof statusBody>
  | z.output<typeof assigneeBody>
  | z.output<typeof commentBody>
  | z.output<typeof snoozeBody>;

function changeOf(body: Body): Asked {
  const { revision, by } = body;
  if ('status' in body)
    return { revision, by, what: { type: 'status', status: body.status, reason: body.reason } };
  if ('assignee' in body)
    return { revision, by, what: { type: 'assign', assignee: body.assignee ?? undefined } };
  if ('text' in body) return { revision, by, what: { type: 'comment', text: body.text } };
  const { until, reason } = body;
  return { revision, by, what: until === null ? { type: 'wake' } : { type: 'snooze', until, reason } };
}

/** Who did it: by their own word, and by the key that they had. */
export function byOf({ keyName }: FastifyRequest, given: string | undefined): string {
  const key = keyName === '' ? 'http' : `key ${keyName}`;
  return given === undefined ? key : `${given} (${key})`;
}
