import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { statuses } from '../alert/alert-life.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { findIncident, type Incident } from '../alert/incident/incident.ts';
import { digestQueue } from '../alert/schedule.ts';
import { handleAllDead } from '../store/handle-dead.ts';
import { changeIncident } from '../store/incident-life.ts';
import { storedIncidents } from '../store/incidents.ts';
import type { DeadHandling, Store } from '../store/store.ts';
import type { ChannelStatus } from './channels.ts';
import { channelsPage } from './channels-page.ts';
import type { HealthReport } from './health-report.ts';
import type { Html } from './html.ts';
import { incidentListPage, incidentPage, type IncidentNoteView } from './incident-pages.ts';
import type { Frame } from './layout.ts';
import { byOf, type LifeRoutes } from './life.ts';
import { formRoutes, longestForm } from './page-form.ts';
import { fromStore, HttpProblem } from './problem.ts';
import { ruleRows, rulesPage, type RunningRule } from './rules-page.ts';
import {
  draftFrom,
  emptyDraft,
  readSearch,
  suppressionsPage,
  type SuppressionDraft,
} from './suppressions-page.ts';

export interface DeskOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly frame: Frame;
  /** How alerts are gathered; there are no incidents, where left out. */
  readonly setting: GatherSetting | undefined;
  /** From which score on people are told of an incident. */
  readonly threshold: number;
  readonly life: Pick<LifeRoutes, 'nudge' | 'problemOf' | 'onSuppressions'>;
  readonly channels: () => readonly ChannelStatus[];
  readonly rules: () => readonly RunningRule[];
  readonly healthReport: () => HealthReport;
  readonly send: (reply: FastifyReply, content: Html) => FastifyReply;
}

const page = { config: { need: 'read', isPage: true }, schema: { hide: true } } as const;
const form = { config: { isPage: true }, bodyLimit: longestForm, schema: { hide: true } } as const;
const idParameter = z.object({ id: z.string() });
const filled = z
  .string()
  .max(2_100)
  .transform((value) => (value.trim() === '' ? undefined : value.trim()))
  .optional()
  .catch(undefined);
const count = z.coerce.number().int().min(0).optional().catch(undefined);

const incidentsOnPage = 100;
const deadOnPage = 50;
const day = 86_400_000;
const countedDays = 7;
const mostCounted = 5_000;

const text = z
  .string()
  .default('')
  // Browsers end the lines of a form with both.
  .transform((value) => value.replaceAll('\r\n', '\n').trim());

/** The pages on which people work besides the list of alerts: incidents, suppressions, rules, channels. */
export function deskRoutes(parent: FastifyInstance, options: DeskOptions): void {
  incidentDesk(parent, options);
  suppressionDesk(parent, options);
  ruleDesk(parent, options);
  channelDesk(parent, options);
}

/** The browser says of a form on this page where it comes from. */
function withForm(reply: FastifyReply): FastifyReply {
  return reply.header('referrer-policy', 'same-origin');
}

/** @throws {HttpProblem} 400 where the form is not one of the page */
function fieldsOf<Shape extends z.ZodType>(shape: Shape, body: unknown): z.output<Shape> {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new HttpProblem(
    400,
    `The form is not one of this page (${parsed.error.issues[0]?.path.join('.') ?? ''}); open the page again.`,
  );
}

const incidentQuery = z.object({ minScore: z.coerce.number().min(0).catch(0).default(0) });
const doneQuery = z.object({ changed: count, unchanged: count });
const incidentForm = z.object({
  do: z.enum(statuses),
  revision: z.coerce.number().int().min(0).optional(),
  by: text.pipe(z.string().max(200)),
  text: text.pipe(z.string().max(3_500)),
});

function incidentDesk(parent: FastifyInstance, options: DeskOptions): void {
  const { store, now, frame, setting, threshold, send } = options;
  const read = async (): Promise<readonly Incident[]> =>
    setting === undefined ? [] : fromStore(() => storedIncidents(store, setting));

  parent.get('/incidents', page, async (request, reply) => {
    const { minScore } = incidentQuery.parse(request.query);
    const found = (await read()).filter(({ risk }) => risk.score >= minScore);
    const incidents = found.slice(0, incidentsOnPage);
    return send(
      reply,
      incidentListPage(frame, { incidents, total: found.length, minScore, threshold, now: now() }),
    );
  });

  async function found(request: FastifyRequest): Promise<Incident> {
    const incident = findIncident(await read(), idParameter.parse(request.params).id);
    if (incident === undefined)
      throw new HttpProblem(
        404,
        'No incident of the last seven days goes by this id; /incidents lists those that there are.',
      );
    return incident;
  }

  async function show(
    reply: FastifyReply,
    incident: Incident,
    note: IncidentNoteView | undefined,
  ): Promise<FastifyReply> {
    const told = incident.told?.alertId;
    const isOwn = told !== undefined && !incident.alerts.some(({ id }) => id === told);
    const ids = [...incident.alerts.map(({ id }) => id), ...(isOwn ? [told] : [])];
    const stored = await fromStore(() => Promise.all(ids.map((id) => store.alert(id))));
    const alerts = new Map(
      stored.flatMap((alert): readonly [string, Alert][] => (alert === undefined ? [] : [[alert.id, alert]])),
    );
    const own = isOwn ? alerts.get(told) : undefined;
    return send(withForm(reply), incidentPage(frame, { incident, own, alerts, note, now: now() }));
  }

  parent.get('/incidents/:id', page, async (request, reply) => {
    const { changed, unchanged } = doneQuery.parse(request.query);
    const note =
      changed === undefined || unchanged === undefined
        ? undefined
        : ({ type: 'done', changed, unchanged } as const);
    return show(reply, await found(request), note);
  });

  formRoutes(parent, (app) =>
    app.post('/incidents/:id', form, async (request, reply) => {
      const { do: status, revision, by, text: reason } = fieldsOf(incidentForm, request.body);
      const incident = await found(request);
      const result = await fromStore(() =>
        changeIncident(store, incident, {
          status,
          reason: reason === '' ? undefined : reason,
          by: byOf(request, by === '' ? undefined : by),
          via: 'console',
          expected: revision,
          now: now(),
        }),
      );
      if (result.type !== 'changed') {
        const problem =
          result.type === 'refused'
            ? `${result.reason}.`
            : 'The incident has changed since you opened it: somebody else was faster, or it became worse. Look at it as it stands now, and decide again.';
        return show(reply.code(result.type === 'refused' ? 400 : 409), incident, {
          type: 'refused',
          problem,
          text: reason,
          by,
        });
      }
      options.life.nudge();
      const done = new URLSearchParams({
        changed: String(result.changed.length),
        unchanged: String(result.unchanged),
      });
      return reply.redirect(`/incidents/${incident.id}?${done.toString()}#life`, 303);
    }),
  );
}

const suppressionForm = z.object({
  name: text.pipe(z.string().max(200)),
  when: text.pipe(z.string().max(20_000)),
  reason: text.pipe(z.string().max(1_000)),
  owner: text.pipe(z.string().max(200)),
  days: z.enum(['1', '7', '30', '90', '365']),
});

function suppressionDesk(parent: FastifyInstance, options: DeskOptions): void {
  const { store, now, frame, life, send } = options;

  async function show(
    reply: FastifyReply,
    more: { readonly draft: SuppressionDraft; readonly from?: Alert | undefined; readonly problem?: string },
  ): Promise<FastifyReply> {
    const [suppressions, { excepted }] = await fromStore(() =>
      Promise.all([store.life.suppressions(), store.counts()]),
    );
    return send(withForm(reply), suppressionsPage(frame, { ...more, suppressions, excepted, now: now() }));
  }

  parent.get('/suppressions', page, async (request, reply) => {
    const { from: id } = z.object({ from: filled }).parse(request.query);
    const from = id === undefined ? undefined : await fromStore(() => store.alert(id));
    return show(reply, { draft: from === undefined ? emptyDraft : draftFrom(from), from });
  });

  async function keep(suppression: Parameters<Store['life']['suppress']>[0]): Promise<void> {
    await fromStore(() => store.life.suppress(suppression));
    await life.onSuppressions();
  }

  formRoutes(parent, (app) => {
    app.post('/suppressions', form, async (request, reply) => {
      const draft = fieldsOf(suppressionForm, request.body);
      const refuse = (problem: string): Promise<FastifyReply> => show(reply.code(400), { draft, problem });
      if (draft.name === '' || draft.reason === '' || draft.owner === '')
        return refuse('It needs a name, a reason, and somebody who answers for it.');
      const search = readSearch(draft.when);
      if ('problem' in search) return refuse(search.problem);
      const problem = life.problemOf(search.when);
      if (problem !== undefined) return refuse(`The search: ${problem}.`);
      const { name, reason, owner, days } = draft;
      await keep({
        id: randomUUID(),
        name,
        when: search.when,
        reason,
        owner,
        from: now(),
        until: now() + Number(days) * day,
        createdAt: now(),
        createdBy: byOf(request, undefined),
      });
      return reply.redirect('/suppressions', 303);
    });

    app.post('/suppressions/:id/end', form, async (request, reply) => {
      const { id } = idParameter.parse(request.params);
      const found = (await fromStore(() => store.life.suppressions())).find((one) => one.id === id);
      if (found === undefined) throw new HttpProblem(404, 'There is no suppression with this id.');
      if (found.ended === undefined)
        await keep({ ...found, ended: { at: now(), by: byOf(request, undefined) } });
      return reply.redirect('/suppressions', 303);
    });
  });
}

function ruleDesk(
  parent: FastifyInstance,
  { store, now, frame, rules, healthReport, send }: DeskOptions,
): void {
  parent.get('/rules', page, async (_request, reply) => {
    const alerts = new Map<string, { title: string; count: number }>();
    let counted = 0;
    let after: string | undefined;
    do {
      const found = await fromStore(() =>
        store.alerts({ since: now() - countedDays * day, exceptions: 'show', after, limit: 500 }),
      );
      for (const { rule } of found.alerts) {
        const known = alerts.get(rule.id);
        if (known === undefined) alerts.set(rule.id, { title: rule.title, count: 1 });
        else known.count += 1;
      }
      counted += found.alerts.length;
      after = found.next;
    } while (after !== undefined && counted < mostCounted);
    const figures = await fromStore(() => store.life.figures());
    return send(
      reply,
      rulesPage(frame, {
        rows: ruleRows(rules(), alerts, figures),
        days: countedDays,
        isCut: after !== undefined,
        counted,
        never: neverFired(healthReport),
      }),
    );
  });
}

/** Undefined where another server takes the events, and only that one knows. */
function neverFired(report: () => HealthReport) {
  try {
    const { watchedSince, rulesThatNeverFired } = report();
    return { since: watchedSince, rules: rulesThatNeverFired };
  } catch (error) {
    if (error instanceof HttpProblem) return undefined;
    throw error;
  }
}

const channelQuery = z.object({ channel: filled, cursor: filled, handled: count });
const chosen = z.union([z.string(), z.array(z.string()).max(500)]).optional();
const deadForm = z.object({
  do: z.enum(['replay', 'drop']),
  id: chosen.transform((value) => (value === undefined ? [] : typeof value === 'string' ? [value] : value)),
  channel: z.string().max(200).optional(),
});

function channelDesk(
  parent: FastifyInstance,
  { store, now, frame, channels, life, send }: DeskOptions,
): void {
  parent.get('/channels', page, async (request, reply) => {
    const { channel, cursor, handled } = channelQuery.parse(request.query);
    const [owed, dead] = await Promise.all([
      fromStore(() => store.owed()),
      fromStore(() => store.deadDeliveries({ channel, after: cursor, limit: deadOnPage })),
    ]);
    const known = channels();
    const names = new Set(known.flatMap(({ name }) => [name, digestQueue(name)]));
    return send(
      withForm(reply),
      channelsPage(frame, {
        channels: known.map((one) => ({
          ...one,
          owed: (owed[one.name] ?? 0) + (owed[digestQueue(one.name)] ?? 0),
        })),
        gone: Object.fromEntries(Object.entries(owed).filter(([name]) => !names.has(name))),
        dead,
        channel,
        handled,
        now: now(),
      }),
    );
  });

  formRoutes(parent, (app) =>
    app.post('/channels', form, async (request, reply) => {
      const { do: action, id: ids, channel } = fieldsOf(deadForm, request.body);
      const { channel: shown } = channelQuery.parse(request.query);
      const handling: DeadHandling = {
        action: action === 'replay' ? 'replayed' : 'dropped',
        at: now(),
        by: byOf(request, undefined),
      };
      const handled = await fromStore(async () => {
        if (ids.length > 0) return (await store.handleDead(ids, handling)).length;
        // All at once are only ever tried again: what is dropped is looked at first.
        if (channel === undefined || action === 'drop') return 0;
        return (await handleAllDead(store, { channel }, handling)).count;
      });
      if (handled > 0) life.nudge();
      const back = new URLSearchParams({
        ...(shown !== undefined && { channel: shown }),
        handled: String(handled),
      });
      return reply.redirect(`/channels?${back.toString()}`, 303);
    }),
  );
}
