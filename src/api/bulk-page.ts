import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod';
import { statuses, type Status } from '../alert/alert-life.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { bulkTargets, changeInBulk, type BulkResult, type BulkTarget } from '../store/bulk.ts';
import type { Store } from '../store/store.ts';
import { filterQuery, isUnfiltered, readFilters, type Filters } from './filters.ts';
import { html, type Html } from './html.ts';
import { layout, type Frame } from './layout.ts';
import { byOf } from './life.ts';
import { statusChip, statusVerbs } from './life-page.ts';
import { formRoutes, longestForm } from './page-form.ts';
import { fromStore, HttpProblem } from './problem.ts';

/** More than these are not changed from a page in one go. */
const mostFromPage = 1_000;

/** An alert as a row of the list names it: what it is, and how it was when it was shown. */
export function rowValue(id: string, revision: number): string {
  return `${id}:${revision}`;
}

/** What can be done with the rows that are chosen; its form is around the list. */
export function bulkBar(filters: Filters): Html {
  return html`<details class="bulk card" data-bulk>
    <summary>Change several at once <span data-bulk-count></span></summary>
    <div class="change">
      <button type="submit" disabled hidden></button>
      <p class="hint">Choose alerts by the boxes in their rows; by keyboard with <kbd>x</kbd>.</p>
      ${
        isUnfiltered(filters)
          ? html`<p class="hint">With a filter chosen above, all that fit it can be changed too.</p>`
          : html`<label class="box"
              ><input type="checkbox" name="all" value="1" />
              <span>All that fit the filters, also on further pages; how many is shown first</span></label
            >`
      }
      <div class="pair">
        <label>Your name <input name="by" maxlength="200" autocomplete="name" /></label>
        <label>Reason <input name="text" maxlength="4000" autocomplete="off" /></label>
      </div>
      <div class="buttons">
        ${statuses.map(
          (status) =>
            html`<button class="button" type="submit" name="do" value="${status}">
              ${statusVerbs[status].label}
            </button>`,
        )}
      </div>
    </div>
  </details>`;
}

const bulkForm = z.object({
  do: z.enum(statuses),
  by: z
    .string()
    .max(200)
    .default('')
    .transform((value) => value.trim()),
  text: z
    .string()
    .max(4_000)
    .default('')
    .transform((value) => value.trim()),
  all: z.literal('1').optional(),
  expect: z.coerce.number().int().min(0).optional(),
  chosen: z
    .union([z.string(), z.array(z.string()).max(500)])
    .optional()
    .transform((value) => (value === undefined ? [] : typeof value === 'string' ? [value] : value)),
});

type BulkForm = z.output<typeof bulkForm>;

export interface BulkFormOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly frame: Frame;
  readonly gathering: GatherSetting | undefined;
  readonly nudge: () => void;
  readonly send: (reply: FastifyReply, content: Html) => FastifyReply;
}

/** `POST /alerts`: the form around the list. */
export function bulkFormRoutes(parent: FastifyInstance, options: BulkFormOptions): void {
  const { store, now, frame, gathering, nudge, send } = options;
  formRoutes(parent, (app) =>
    app.post(
      '/alerts',
      { config: { isPage: true }, bodyLimit: longestForm, schema: { hide: true } },
      async (request, reply) => {
        const parsed = bulkForm.safeParse(request.body);
        if (!parsed.success)
          throw new HttpProblem(
            400,
            `The form is not one of this page (${parsed.error.issues[0]?.path.join('.') ?? ''}); open the list again.`,
          );
        const form = parsed.data;
        const { filters, query } = readFilters(request.query, now);
        reply.header('referrer-policy', 'same-origin');
        const refuse = (status: number, problem: string): FastifyReply =>
          send(reply.code(status), bulkPage(frame, { filters, title: 'Nothing was changed', problem }));
        if (form.do === 'false-positive' && form.text === '')
          return refuse(
            400,
            'A false positive needs a reason: it tells whoever mends the rule what is wrong with it.',
          );
        if (form.all === undefined && form.chosen.length === 0)
          return refuse(400, 'No alert was chosen: tick the boxes in their rows first.');
        let targets: readonly BulkTarget[] = form.chosen.flatMap(readRow);
        if (form.all !== undefined) {
          if (isUnfiltered(filters))
            return refuse(400, 'Without a filter that would be every alert there is.');
          const { limit: _, after: _after, ...search } = query;
          const found = await fromStore(() => bulkTargets(store, search, mostFromPage));
          if (!found.isAll)
            return refuse(
              409,
              `More than ${mostFromPage} alerts fit; narrow the filters, or use the command line.`,
            );
          targets = found.targets;
          const isSame = form.expect === targets.length;
          if (!isSame)
            return send(
              reply.code(form.expect === undefined ? 200 : 409),
              confirmPage(frame, { filters, form, found: targets.length }),
            );
        }
        const result = await fromStore(() =>
          changeInBulk(store, gathering, targets, {
            status: form.do,
            reason: form.text === '' ? undefined : form.text,
            by: byOf(request, form.by === '' ? undefined : form.by),
            via: 'console',
            now: now(),
          }),
        );
        if (result.changed > 0) nudge();
        const { conflicts, refused, unknown } = result;
        if (conflicts.length + refused.length + unknown.length > 0)
          return send(
            reply.code(409),
            bulkPage(frame, { filters, title: 'Not all was changed', result, status: form.do }),
          );
        const back = new URLSearchParams(filterQuery(filters, { cursor: undefined }).slice(1));
        back.set('changed', String(result.changed + result.passedOn));
        return reply.redirect(`/?${back.toString()}`, 303);
      },
    ),
  );
}

function readRow(value: string): readonly BulkTarget[] {
  const [, id, revision] = /^([^:]{1,100}):(\d{1,9})$/.exec(value) ?? [];
  return id === undefined ? [] : [{ id, revision: Number(revision) }];
}

/** How many there are, before anything is done. */
function confirmPage(
  frame: Frame,
  { filters, form, found }: { readonly filters: Filters; readonly form: BulkForm; readonly found: number },
): Html {
  const { label } = statusVerbs[form.do];
  const alerts = found === 1 ? '1 alert' : `${found} alerts`;
  return layout(frame, {
    title: `${label}: ${alerts} · Tocsin`,
    at: '/',
    keys: [['u', 'Back to the list']],
    main: html`<div class="card empty">
      <h1>${label}: ${alerts}</h1>
      ${
        form.expect !== undefined &&
        html`<p role="alert">
          <b>Nothing was changed.</b> There were ${form.expect} when you looked, and there are ${found} by
          now.
        </p>`
      }
      <p>
        ${found === 1 ? 'So many fits' : 'So many fit'} these filters: ${conditions(filters)}. Each change is
        written into the history of its alert.
      </p>
      <form method="post" action="/alerts${filterQuery(filters)}">
        <input type="hidden" name="all" value="1" />
        <input type="hidden" name="expect" value="${found}" />
        <input type="hidden" name="by" value="${form.by}" />
        <input type="hidden" name="text" value="${form.text}" />
        <p>
          ${
            found > 0 &&
            html`<button class="button" type="submit" name="do" value="${form.do}">
              ${label}: ${alerts}
            </button>`
          }
          <a class="button" href="/${filterQuery(filters)}" data-back>Back to the list</a>
        </p>
      </form>
    </div>`,
  });
}

function conditions(filters: Filters): Html {
  const chosen = Object.entries(filters).filter(([name, value]) => name !== 'cursor' && value !== undefined);
  return html`${chosen.map(([name, value], i) => html`${i > 0 && ', '}${name} <b>${value}</b>`)}`;
}

function bulkPage(
  frame: Frame,
  {
    filters,
    title,
    problem,
    result,
    status,
  }: {
    readonly filters: Filters;
    readonly title: string;
    readonly problem?: string;
    readonly result?: BulkResult;
    readonly status?: Status;
  },
): Html {
  return layout(frame, {
    title: `${title} · Tocsin`,
    at: '/',
    keys: [['u', 'Back to the list']],
    main: html`<div class="card empty">
      <h1>${title}</h1>
      ${problem !== undefined && html`<p>${problem}</p>`}
      ${result !== undefined && status !== undefined && outcome(result, status)}
      <p><a class="button" href="/${filterQuery(filters)}" data-back>Back to the list</a></p>
    </div>`,
  });
}

function outcome({ changed, unchanged, conflicts, refused, unknown }: BulkResult, status: Status): Html {
  return html`<p>
      ${changed} changed to
      ${statusChip(status)}${unchanged > 0 && html`, ${unchanged} were so already`}${
        unknown.length > 0 && html`, ${unknown.length} are no longer there`
      }.
    </p>
    ${
      conflicts.length > 0 &&
      html`<h2>Somebody else was faster, or there is new evidence</h2>
        <p>These were left as they are. Look at them and decide again:</p>
        <ul class="plain-list">
          ${conflicts.map((alert) => {
            const { status: now, by } = lifecycleOf(alert);
            return html`<li>
              <a href="/alerts/${alert.id}">${alert.title}</a> ${statusChip(now)}
              ${by !== '' && html`<small>by ${by}</small>`}
            </li>`;
          })}
        </ul>`
    }
    ${
      refused.length > 0 &&
      html`<h2>Refused</h2>
        <ul class="plain-list">
          ${refused.map(({ id, reason }) => html`<li><a href="/alerts/${id}">${id}</a> ${reason}</li>`)}
        </ul>`
    }`;
}
