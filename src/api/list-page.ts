import type { Alert } from '../alert/alert.ts';
import { statuses, type Status } from '../alert/alert-life.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { atLeast, severities, type Severity } from '../event/severity.ts';
import { originWords } from '../notify/words.ts';
import type { AlertPage, StoreCounts } from '../store/store.ts';
import { bulkBar, rowValue } from './bulk-page.ts';
import { emptyStore } from './empty-page.ts';
import {
  alertsOnPage,
  filterNames,
  filterQuery,
  isUnfiltered,
  listPath,
  type FilterName,
  type Filters,
} from './filters.ts';
import { isAtAnAccount } from './at-account.ts';
import { html, type Html } from './html.ts';
import { statusWords } from './life-page.ts';
import { clock, longDay, shortDay } from './time.ts';
import { layout, relativeTime, severityChip, severityWord, type Frame } from './layout.ts';

/** Milliseconds between two questions whether there is something new. */
const lookEvery = 5_000;

const worstFirst = [...severities].reverse();

/** The list of alerts: `/`. */
export function listPage(
  frame: Frame,
  view: {
    readonly page: AlertPage;
    readonly counts: StoreCounts;
    readonly statuses: Readonly<Record<Status, number>>;
    readonly filters: Filters;
    readonly now: number;
    /** Where this server is reached, such as `http://127.0.0.1:4848`. */
    readonly address: string;
    readonly keysNeeded: boolean;
    /** How many alerts were changed just now. */
    readonly changed?: number | undefined;
  },
): Html {
  const { page, counts, filters, now } = view;
  const total = severities.reduce((sum, severity) => sum + counts.alerts[severity], 0);
  const isEmpty = total + counts.excepted === 0;
  return layout(frame, {
    title: 'Alerts · Tocsin',
    at: '/',
    keys: [
      ['j', 'Next alert'],
      ['k', 'Previous alert'],
      ['Enter', 'Open the alert'],
      ['x', 'Choose the alert, or leave it out'],
      ['r', 'Show new alerts'],
    ],
    main: isEmpty
      ? html`<h1>Alerts</h1>
          ${emptyStore(view.address, view.keysNeeded)}${watcher(page, filters)}`
      : html`<div class="heading">
            <h1>Alerts</h1>
            ${distribution(counts, total)}
          </div>
          ${searchForm(filters)} ${severityFilter(counts, filters)}
          ${statusFilter(view.statuses, counts, filters)} ${chosenFilters(filters)}
          ${
            view.changed !== undefined &&
            html`<div class="card note outcome" role="status">
              <p><b>${view.changed === 1 ? '1 alert' : `${view.changed} alerts`}</b> changed.</p>
            </div>`
          }
          ${
            page.alerts.length === 0
              ? nothingFound(filters)
              : html`<form method="post" action="/alerts${filterQuery(filters)}">
                  ${bulkBar(filters)} ${alertList(page.alerts, filters, now)}
                </form>`
          }
          ${paging(page, filters)} ${watcher(page, filters)} ${sums(counts, filters)}`,
  });
}

/** Every severity's share as a bar, and in words beside it. */
function distribution(counts: StoreCounts, total: number): Html {
  let x = 0;
  const bars = worstFirst.map((severity) => {
    const width = total === 0 ? 0 : (counts.alerts[severity] / total) * 200;
    const bar = html`<rect
      class="fill-${severity}"
      x="${x.toFixed(2)}"
      y="0"
      width="${width.toFixed(2)}"
      height="8"
    />`;
    x += width;
    return bar;
  });
  return html`<div class="distribution">
    <svg viewBox="0 0 200 8" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
    <ul>
      ${worstFirst.map(
        (severity) =>
          html`<li class="${counts.alerts[severity] === 0 ? 'none' : ''}">
            <span class="dot fill-${severity}" aria-hidden="true"></span><b>${counts.alerts[severity]}</b>
            ${severityWord[severity].toLowerCase()}
          </li>`,
      )}
    </ul>
  </div>`;
}

/** Searching begins anew at the first page, and keeps what else is chosen. */
function searchForm(filters: Filters): Html {
  const kept = filterNames.filter((name) => name !== 'text' && name !== 'cursor');
  return html`<form class="asset-search" role="search" action="/" method="get">
    <label>Words <input type="search" name="text" value="${filters.text ?? ''}" /></label>
    ${kept.map(
      (name) =>
        filters[name] !== undefined && html`<input type="hidden" name="${name}" value="${filters[name]}" />`,
    )}
    <button class="button" type="submit">Search</button>
  </form>`;
}

const floors: readonly (readonly [Severity | undefined, string])[] = [
  [undefined, 'All'],
  ['low', 'Low'],
  ['medium', 'Medium'],
  ['high', 'High'],
  ['critical', 'Critical'],
];

const ages: readonly (readonly [string | undefined, string])[] = [
  [undefined, 'Any time'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
  ['30d', '30 days'],
];

/** On a narrow screen the plus stands for the words, which are read out all the same. */
const andWorse = html`<span class="full"> and worse</span><span class="brief" aria-hidden="true">+</span>`;

function severityFilter(counts: StoreCounts, filters: Filters): Html {
  // The store counts all that it holds; with other filters on, these sums would promise more than the list shows.
  const counted = isUnfiltered({ ...filters, severity: undefined });
  const sum = (floor: Severity | undefined): number =>
    severities
      .filter((severity) => floor === undefined || atLeast(severity, floor))
      .reduce((total, severity) => total + counts.alerts[severity], 0);
  return html`<div class="filters">
    <nav class="choice" aria-label="Severity">
      ${floors.map(
        ([floor, label]) =>
          html`<a href="${listPath(filters, { severity: floor })}" ${current(filters.severity === floor)}
            >${label}${floor !== undefined && floor !== 'critical' && andWorse}${counted && html` <span class="count">${sum(floor)}</span>`}</a
          >`,
      )}
    </nav>
    <nav class="choice" aria-label="Period">
      ${ages.map(
        ([since, label]) =>
          html`<a href="${listPath(filters, { since, until: undefined })}" ${current(filters.since === since)}
            >${label}</a
          >`,
      )}
    </nav>
  </div>`;
}

/** The store counts those under an exception too; where the list hides some, the sums are left out. */
function statusFilter(
  sums: Readonly<Record<Status, number>>,
  { excepted }: StoreCounts,
  filters: Filters,
): Html {
  const counted =
    isUnfiltered({ ...filters, status: undefined, exceptions: undefined }) &&
    (excepted === 0 || filters.exceptions === 'show');
  return html`<div class="filters">
    <nav class="choice" aria-label="Status">
      <a href="${listPath(filters, { status: undefined })}" ${current(filters.status === undefined)}
        >Any status</a
      >
      ${statuses.map(
        (status) =>
          html`<a href="${listPath(filters, { status })}" ${current(filters.status === status)}
            >${statusWords[status]}${counted && html` <span class="count">${sums[status]}</span>`}</a
          >`,
      )}
    </nav>
  </div>`;
}

function current(isCurrent: boolean): Html | false {
  return isCurrent && html`aria-current="true"`;
}

const chosenWords: readonly (readonly [FilterName, string])[] = [
  ['text', 'Words'],
  ['status', 'Status'],
  ['assignee', 'Assignee'],
  ['rule', 'Rule'],
  ['account', 'Account'],
  ['actor', 'Actor'],
  ['address', 'Address'],
  ['resource', 'Resource'],
  ['action', 'Action'],
  ['service', 'Service'],
  ['region', 'Region'],
  ['technique', 'Technique'],
  ['incident', 'Incident'],
  ['muted', 'Muted by'],
  ['since', 'Since'],
  ['until', 'Until'],
  ['exceptions', 'Exceptions'],
];

/** The filters that the choices above do not show, each with a link that takes it away. */
function chosenFilters(filters: Filters): Html | undefined {
  const shown = chosenWords.filter(
    ([name]) =>
      filters[name] !== undefined &&
      !(name === 'since' && ages.some(([since]) => since === filters.since)) &&
      !(name === 'status' && statuses.some((status) => status === filters.status)),
  );
  if (shown.length === 0) return undefined;
  return html`<ul class="chosen" aria-label="Filters">
    ${shown.map(
      ([name, word]) =>
        html`<li>
          ${word} <b>${filters[name]}</b>
          <a href="${listPath(filters, { [name]: undefined })}" aria-label="Remove the filter ${word}">×</a>
        </li>`,
    )}
    <li class="plain"><a href="/">Clear all</a></li>
  </ul>`;
}

function nothingFound(filters: Filters): Html {
  return html`<div class="card empty">
    <h2>${filters.cursor === undefined ? 'No alert fits these filters' : 'No further alerts'}</h2>
    <p>Alerts are there, but none of what is chosen above.</p>
    <p><a class="button" href="/">Show all alerts</a></p>
  </div>`;
}

function alertList(alerts: readonly Alert[], filters: Filters, now: number): readonly Html[] {
  const today = shortDay(now);
  const yesterday = shortDay(now - 86_400_000);
  const days: { day: string; name: string; alerts: Alert[] }[] = [];
  for (const alert of alerts) {
    const day = shortDay(alert.time);
    const last = days.at(-1);
    if (last?.day === day) last.alerts.push(alert);
    else {
      const name = day === today ? 'Today' : day === yesterday ? 'Yesterday' : longDay(alert.time);
      days.push({ day, name, alerts: [alert] });
    }
  }
  return days.map(
    ({ name, alerts: ofDay }) =>
      html`<section class="day">
        <h2>${name}</h2>
        <ol class="alerts">
          ${ofDay.map((alert) => row(alert, filters, now))}
        </ol>
      </section>`,
  );
}

function accountFacets({ where }: Alert, filters: Filters): Html {
  return html` <div>
      <dt>Account</dt>
      <dd>
        ${
          where.account === undefined
            ? 'unknown'
            : html`<a href="${listPath(filters, { account: where.account })}" title="Only this account"
                >${where.account}</a
              >`
        }
      </dd>
    </div>
    <div>
      <dt>Region</dt>
      <dd>${where.region ?? 'unknown'}</dd>
    </div>`;
}

/** What people made of it, and how often it was found, where there is something to say. */
function lifeFacets(alert: Alert, filters: Filters): Html {
  const { status, assignee } = lifecycleOf(alert);
  const facet = (name: string, value: Html): Html =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`;
  return html`${status !== 'open' && facet('Status', html`${statusWords[status]}`)}
  ${
    assignee !== undefined &&
    facet('Assignee', html`<a href="${listPath(filters, { assignee })}" title="Only theirs">${assignee}</a>`)
  }
  ${alert.occurrences !== undefined && facet('Findings', html`${alert.occurrences.count}`)}`;
}

function row(alert: Alert, filters: Filters, now: number): Html {
  const { who, where } = alert;
  return html`<li class="alert edge-${alert.severity}" data-alert="${alert.id}">
    <div class="mark">
      <input
        type="checkbox"
        name="chosen"
        value="${rowValue(alert.id, lifecycleOf(alert).revision)}"
        aria-label="Choose: ${alert.title}"
      />
      ${severityChip(alert.severity)}
    </div>
    <div class="body">
      <h3><a class="open" href="/alerts/${alert.id}${filterQuery(filters)}">${alert.title}</a></h3>
      <dl class="facets">
        <div>
          <dt>Who</dt>
          <dd>${who.name}</dd>
        </div>
        <div>
          <dt>From</dt>
          <dd>${originWords(where.origin, where.place)}</dd>
        </div>
        ${isAtAnAccount(alert) && accountFacets(alert, filters)} ${lifeFacets(alert, filters)}
        <div>
          <dt>Rule</dt>
          <dd>
            <a href="${listPath(filters, { rule: alert.rule.id })}" title="Only this rule"
              >${alert.rule.title}</a
            >
          </dd>
        </div>
      </dl>
    </div>
    <div class="when">${relativeTime(alert.time, now)}<span>${clock(alert.time)}</span></div>
  </li>`;
}

function paging(page: AlertPage, filters: Filters): Html | undefined {
  if (filters.cursor === undefined && page.next === undefined) return undefined;
  return html`<nav class="paging" aria-label="Pages">
    ${filters.cursor !== undefined && html`<a class="button" href="${listPath(filters)}">Newest alerts</a>`}
    ${
      page.next !== undefined &&
      html`<a class="button" rel="next" href="${listPath(filters, { cursor: page.next })}">Older alerts</a>`
    }
  </nav>`;
}

/** Where the script says that there is something new. It compares with the alerts on this page, so only the first can have it. */
function watcher(page: AlertPage, filters: Filters): Html | undefined {
  if (filters.cursor !== undefined) return undefined;
  const question = new URLSearchParams(filterQuery(filters).slice(1));
  question.set('limit', String(alertsOnPage));
  return html`<div
    class="news"
    role="status"
    data-watch="/v1/alerts?${question.toString()}"
    data-known="${page.alerts.map(({ id }) => id).join(' ')}"
    data-most="${alertsOnPage}"
    data-every="${lookEvery}"
  ></div>`;
}

/** Nothing is lost silently: what was rejected and what could not be delivered stands under every list. */
function sums({ deliveries, rejections, excepted }: StoreCounts, filters: Filters): Html {
  const rejected = rejections === 1 ? 'rejected record' : 'rejected records';
  return html`<ul class="sums" aria-label="Sums">
    <li><b>${deliveries.delivered}</b> delivered</li>
    <li><b>${deliveries.pending}</b> waiting for delivery</li>
    <li class="${deliveries.dead > 0 ? 'bad' : ''}">
      <b>${deliveries.dead}</b>
      ${deliveries.dead > 0 ? html`<a href="/channels#dead">could not be delivered</a>` : 'could not be delivered'}
    </li>
    ${
      excepted > 0 &&
      html`<li>
        <b>${excepted}</b>
        <a href="${listPath(filters, { exceptions: 'only' })}">under an exception</a>
      </li>`
    }
    <li class="${rejections > 0 ? 'bad' : ''}">
      <b>${rejections}</b> ${rejections > 0 ? html`<a href="/v1/rejections">${rejected}</a>` : rejected}
    </li>
  </ul>`;
}
