import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import { statuses } from '../alert/alert-life.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { bulkTargets, changeInBulk, mostInBulk } from '../store/bulk.ts';
import type { Store } from '../store/store.ts';
import { byOf } from './life.ts';
import { HttpProblem, fromStore, problems } from './problem.ts';
import { alertQuerySchema, storeQuery } from './alert-query.ts';

/** Conflicts and refusals that an answer lists; all are counted. */
const mostListed = 100;

/** `POST /v1/alerts/status`: many alerts in one step. */
export function bulkRoutes(
  parent: FastifyInstance,
  {
    store,
    gathering,
    now,
    nudge,
  }: {
    readonly store: Store;
    readonly gathering: GatherSetting | undefined;
    readonly now: () => number;
    readonly nudge: () => void;
  },
): void {
  const where = alertQuerySchema(now)
    .omit({ limit: true, cursor: true })
    .refine(
      (asked) => Object.values(asked).some((value) => value !== undefined),
      'needs a condition at least',
    );
  const body = z
    .strictObject({
      status: z.enum(statuses),
      reason: z.string().max(4_000).optional().describe('Why; a false positive needs one.'),
      by: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Who does it; the name of the key is written down in any case.'),
      alerts: z
        .array(
          z.strictObject({
            id: z.string().min(1).max(100),
            revision: z
              .int()
              .min(0)
              .optional()
              .describe('`lifecycle.revision` that it was chosen with, 0 for none.'),
          }),
        )
        .min(1)
        .max(500)
        .optional()
        .describe('Which ones.'),
      where: where.optional().describe('Or a search, with the parameters of `GET /v1/alerts`.'),
      dryRun: z.boolean().default(false).describe('Only tell how many the search finds.'),
      expect: z
        .int()
        .min(0)
        .optional()
        .describe(
          'How many the search is to find, as a dry run told; refused with 409 where it finds others.',
        ),
      most: z
        .int()
        .min(1)
        .max(mostInBulk)
        .default(1_000)
        .describe('Refused with 409 where the search finds more.'),
    })
    .refine(({ alerts, where: search }) => (alerts === undefined) !== (search === undefined), {
      message: "needs either 'alerts' or 'where'",
    });
  parent.withTypeProvider<ZodTypeProvider>().route({
    method: 'POST',
    url: '/v1/alerts/status',
    schema: {
      operationId: 'setStatusOfAlerts',
      summary: 'Give many alerts a status: those that are named, or those that a search finds',
      description:
        'Each change is a line in the history of its alert. What somebody else has decided meanwhile is left as it is, and told as a conflict. Ask with `dryRun` how many there are, and say so in `expect`.',
      body,
      response: {
        200: z
          .object({
            found: z.int().describe('How many were named, or found.'),
            all: z.boolean().describe('False where a dry run found more than `most`.'),
            changed: z.int(),
            unchanged: z.int().describe('They were so already.'),
            passedOn: z
              .int()
              .describe('Further alerts that got the status with the alert of their incident.'),
            unknown: z.int().describe('They are not there.'),
            conflictCount: z.int(),
            conflicts: z
              .array(
                z.object({
                  id: z.string(),
                  title: z.string(),
                  status: z.enum(statuses),
                  revision: z.int(),
                  by: z.string(),
                }),
              )
              .readonly()
              .describe('As they are now; the first 100.'),
            refused: z
              .array(z.object({ id: z.string(), reason: z.string() }))
              .readonly()
              .describe('For which it makes no sense; the first 100.'),
          })
          .describe('What was done.'),
        ...problems({
          400: 'The body is not what is expected, or a false positive has no reason.',
          401: 'No key of scope `all`.',
          409: 'The search finds more, or others, than were expected: nothing was done.',
          503: 'The store could not be used; try again.',
        }),
      },
    },
    handler: async (request) => {
      const { status, reason, by, alerts, where: search, dryRun, expect, most } = request.body;
      if (status === 'false-positive' && (reason ?? '').trim() === '')
        throw new HttpProblem(400, 'reason: a false positive needs one.');
      const { targets, isAll } =
        search === undefined
          ? { targets: alerts ?? [], isAll: true }
          : await fromStore(() => bulkTargets(store, storeQuery({ ...search, limit: 1 }), most));
      const nothing = { changed: 0, unchanged: 0, conflicts: [], refused: [], unknown: [], passedOn: 0 };
      if (!dryRun) checkFound(targets.length, isAll, expect, most);
      const result = dryRun
        ? nothing
        : await fromStore(() =>
            changeInBulk(store, gathering, targets, {
              status,
              reason,
              by: byOf(request, by),
              via: 'api',
              now: now(),
            }),
          );
      if (result.changed > 0) nudge();
      return {
        found: targets.length,
        all: isAll,
        changed: result.changed,
        unchanged: result.unchanged,
        passedOn: result.passedOn,
        unknown: result.unknown.length,
        conflictCount: result.conflicts.length,
        conflicts: result.conflicts.slice(0, mostListed).map((alert) => {
          const { status: now, revision, by: who } = lifecycleOf(alert);
          return { id: alert.id, title: alert.title, status: now, revision, by: who };
        }),
        refused: result.refused.slice(0, mostListed),
      };
    },
  });
}

/** @throws {HttpProblem} 409 where the search finds more, or others, than was expected */
function checkFound(found: number, isAll: boolean, expected: number | undefined, most: number): void {
  if (!isAll)
    throw new HttpProblem(
      409,
      `More than ${most} alerts fit, and nothing was done; narrow the search, or raise 'most' (up to ${mostInBulk}).`,
    );
  if (expected !== undefined && found !== expected)
    throw new HttpProblem(
      409,
      `${found} alerts fit by now, not ${expected}, and nothing was done; look at them again.`,
    );
}
