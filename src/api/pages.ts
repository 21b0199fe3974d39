import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { findIncident } from '../alert/incident/incident.ts';
import { storedIncidents } from '../store/incidents.ts';
import type { Store } from '../store/store.ts';
import { findAlert } from './alerts.ts';
import { assetListPage, assetPage } from './asset-pages.ts';
import { bulkFormRoutes } from './bulk-page.ts';
import { blocksPage } from './blocks-page.ts';
import type { Blocks } from './blocks.ts';
import { detailPage } from './detail-page.ts';
import { filterQuery, readFilters, type Filters } from './filters.ts';
import { render, type Html } from './html.ts';
import type { Frame } from './layout.ts';
import { lifeFormRoutes, type LifeFormRoutes } from './life-form.ts';
import type { Attempt } from './life-page.ts';
import { listPage } from './list-page.ts';
import { fromStore, HttpProblem } from './problem.ts';
import { assetIdentity, findAsset } from './remembered-assets.ts';
import { boardNames, trafficPage, type TrafficState } from './traffic-page.ts';

const page = { config: { need: 'read', isPage: true }, schema: { hide: true } } as const;
/** An empty field of the form asks for nothing. */
const filled = z
  .string()
  .max(2_100)
  .transform((text) => (text.trim() === '' ? undefined : text.trim()))
  .optional()
  .catch(undefined);
const assetFilters = z.object({ type: filled, account: filled, text: filled, cursor: filled });
const assetsOnPage = 50;
const blockFilters = z.object({ cursor: filled });
const blocksOnPage = 100;
const historyOnPage = 50;
const trafficFilters = z.object({ hour: z.enum(boardNames).catch('current') });
const changedQuery = z.object({ changed: z.coerce.number().int().min(0).optional().catch(undefined) });
const idParameter = z.object({ id: z.string() });

/** `/` and `/alerts/:id`: plain pages that work without a script. */
export function pageRoutes(
  app: FastifyInstance,
  options: {
    readonly store: Store;
    readonly blocks: Blocks;
    readonly traffic: () => TrafficState | undefined;
    readonly now: () => number;
    readonly frame: Frame;
    readonly publicUrl: string | undefined;
    readonly keysNeeded: boolean;
    readonly life: Pick<LifeFormRoutes, 'channelNames' | 'nudge' | 'gathering'>;
  },
): void {
  const { store, blocks, traffic, now, frame, publicUrl, keysNeeded } = options;

  app.get('/', page, async (request, reply) => {
    const { filters, query } = readFilters(request.query, now);
    const [alerts, counts, statuses] = await Promise.all([
      fromStore(() => store.alerts(query)),
      fromStore(() => store.counts()),
      fromStore(() => store.life.statuses()),
    ]);
    // Without a referrer browsers say of a form that it comes from nowhere.
    reply.header('referrer-policy', 'same-origin');
    return sendHtml(
      reply,
      listPage(frame, {
        page: alerts,
        counts,
        statuses,
        filters,
        now: now(),
        address: address(request, publicUrl),
        keysNeeded,
        changed: changedQuery.parse(request.query).changed,
      }),
    );
  });

  app.get('/assets', page, async (request, reply) => {
    const { cursor, ...filters } = assetFilters.parse(request.query);
    const assets = await fromStore(() => store.assets({ ...filters, after: cursor, limit: assetsOnPage }));
    return sendHtml(reply, assetListPage(frame, { page: assets, filters, now: now() }));
  });

  app.get('/traffic', page, async (request, reply) => {
    const { hour } = trafficFilters.parse(request.query);
    return sendHtml(reply, trafficPage(frame, { traffic: traffic(), which: hour, now: now() }));
  });

  app.get('/blocks', page, async (request, reply) => {
    const { cursor } = blockFilters.parse(request.query);
    const at = now();
    const [active, targets, audit] = await Promise.all([
      fromStore(() => store.blocks.list({ state: 'active', now: at, after: cursor, limit: blocksOnPage })),
      fromStore(() => store.blocks.targets()),
      fromStore(() => store.blocks.audit({ limit: 20 })),
    ]);
    const view = { page: active, targets, audit: audit.lines, dryRun: blocks.blocker.dryRun, now: at };
    return sendHtml(reply, blocksPage(frame, view));
  });

  app.get('/asset', page, async (request, reply) => {
    const identity = assetIdentity.safeParse(request.query);
    if (!identity.success)
      throw new HttpProblem(404, 'No such asset is remembered; /assets lists those that are.');
    return sendHtml(reply, assetPage(frame, await findAsset(store, identity.data)));
  });

  const showAlert = async (
    request: FastifyRequest,
    reply: FastifyReply,
    attempt?: Attempt,
  ): Promise<FastifyReply> => {
    const found = await findAlert(store, idParameter.parse(request.params).id);
    const { gathering } = options.life;
    const [history, incidents] = await fromStore(() =>
      Promise.all([
        store.life.history({ alertId: found.alert.id, limit: historyOnPage }),
        gathering === undefined ? [] : storedIncidents(store, gathering),
      ]),
    );
    // Without a referrer browsers say of a form that it comes from nowhere.
    reply.header('referrer-policy', 'same-origin');
    return sendHtml(
      reply,
      detailPage(frame, {
        ...found,
        life: { history, attempt },
        incident: findIncident(incidents, found.alert.id),
        filters: backFilters(request.query, now),
        now: now(),
        address: address(request, publicUrl),
      }),
    );
  };
  app.get('/alerts/:id', page, async (request, reply) => showAlert(request, reply));
  bulkFormRoutes(app, { ...options.life, store, now, frame, send: sendHtml });
  lifeFormRoutes(app, {
    ...options.life,
    store,
    now,
    show: showAlert,
    after: ({ query }, id) => `/alerts/${id}${filterQuery(backFilters(query, now))}#life`,
  });
}

export function sendHtml(reply: FastifyReply, content: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(render(content));
}

/** The way back is a convenience: where the address spells it wrong, it leads to the plain list and the alert is shown all the same. */
function backFilters(query: unknown, now: () => number): Filters {
  try {
    return readFilters(query, now).filters;
  } catch {
    return {};
  }
}

/** Where this server is reached, for people to copy. A strange `Host` is not repeated. */
function address(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const host = request.headers.host ?? '';
  return `http://${/^[a-z0-9.[\]:-]{1,255}$/i.test(host) ? host : 'localhost'}`;
}
