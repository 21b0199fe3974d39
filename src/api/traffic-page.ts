import { severities } from '../event/severity.ts';
import { originWords } from '../notify/words.ts';
import type { BoardView, ClientRow, TextRow, UrlRow } from '../web/board-view.ts';
import type { Offence } from '../web/offence.ts';
import { copyable } from './copyable.ts';
import { html, preformatted, type Html, type Piece } from './html.ts';
import { absoluteTime, layout, relativeTime, severityChip, type Frame } from './layout.ts';

/** What the pages and the API show of the access logs that a server follows. */
export interface TrafficState {
  /** Whether any are configured. */
  readonly isFollowing: boolean;
  /** What is being done before logs are followed; undefined once they are. */
  readonly waitsFor: string | undefined;
  readonly hour: (
    which: BoardName,
    options: { readonly top: number; readonly points: number },
  ) => { readonly since: number; readonly until: number; readonly view: BoardView } | undefined;
  /** Of the last hours, the oldest first. */
  readonly offences: () => readonly Offence[];
  /** The alert of an offence; undefined where nobody is told of it. */
  readonly alertOf: (offence: Offence) => string | undefined;
}

export const boardNames = ['current', 'previous'] as const;

export type BoardName = (typeof boardNames)[number];

const mostOffences = 25;
const rowsShown = 10;

/** Who asks for what, how it is answered, and who attacks: `/traffic`. */
export function trafficPage(
  frame: Frame,
  {
    traffic,
    which,
    now,
  }: { readonly traffic: TrafficState | undefined; readonly which: BoardName; readonly now: number },
): Html {
  const hour = traffic?.hour(which, { top: rowsShown, points: 60 });
  const offences = traffic?.offences() ?? [];
  const isEmpty = traffic === undefined || !traffic.isFollowing;
  return layout(frame, {
    title: 'Traffic · Tocsin',
    at: '/traffic',
    keys: [
      ['j', 'Next offender'],
      ['k', 'Previous offender'],
      ['u', which === 'current' ? 'To the alerts' : 'To this hour'],
    ],
    main: html`<nav class="back" aria-label="Back">
        ${
          which === 'current'
            ? html`<a href="/" data-back>← All alerts</a>`
            : html`<a href="/traffic" data-back>← This hour</a>`
        }
      </nav>
      <h1>Traffic</h1>
      ${
        isEmpty
          ? howToFollow()
          : html`${traffic.waitsFor !== undefined && html`<p class="card note" role="status">${traffic.waitsFor}</p>`}
            ${hours(which, hour, now)} ${offenders(offences, traffic, now)}
            ${hour !== undefined && hour.view.requests > 0 && board(hour.view)}`
      }`,
  });
}

function howToFollow(): Html {
  const configuration = `traffic:
  sources:
    folders:
      - path: /var/log/nginx
        files: access*.log*`;
  return html`<div class="card empty">
    <h2>No access logs are followed</h2>
    <p>
      Name a folder of access logs, or a bucket, in the configuration: then it stands here who asks for what,
      how it is answered, and who scans, floods and guesses passwords. Nobody is blocked before you say so.
    </p>
    <ol class="ways">
      <li>
        <h3>Look at the logs that you have</h3>
        <p>Needs no server and no configuration:</p>
        ${copyable(preformatted('tocsin traffic /var/log/nginx'), 'The command for looking at logs')}
      </li>
      <li>
        <h3>Follow them</h3>
        <p>Logs of nginx, Apache, CloudFront, load balancers, WAF, API Gateway and S3, plain or packed:</p>
        ${copyable(preformatted(configuration), 'The configuration for a folder')}
      </li>
    </ol>
  </div>`;
}

function hours(which: BoardName, hour: ReturnType<TrafficState['hour']>, now: number): Html {
  const link = (name: BoardName, label: string, path: string): Html =>
    html`<a href="${path}" ${name === which && html`aria-current="page"`}>${label}</a>`;
  return html`<nav class="hours" aria-label="Hour">
      ${link('current', 'This hour', '/traffic')}
      ${link('previous', 'The hour before', '/traffic?hour=previous')}
    </nav>
    ${
      hour === undefined
        ? html`<p class="card note">
            The server has not run for an hour yet; there is nothing before this one.
          </p>`
        : summary(hour, now)
    }`;
}

function summary({ since, until, view }: NonNullable<ReturnType<TrafficState['hour']>>, now: number): Html {
  const { requests, statuses, clients, sent, series } = view;
  const figures: readonly (readonly [string, string])[] = [
    ['Requests', count(requests)],
    ['Clients', `about ${count(clients.distinct)}`],
    ['4xx', share(statuses['4xx'], requests)],
    ['5xx', share(statuses['5xx'], requests)],
    ...(sent.count > 0 ? [['Served', bytes(sent.total)] as const] : []),
  ];
  const read = html`Read from ${absoluteTime(since)} to ${until >= now - 60_000 ? 'now' : absoluteTime(until)}`;
  const happened =
    view.first !== null &&
    view.last !== null &&
    html`; requests of ${absoluteTime(view.first)} to ${absoluteTime(view.last)}`;
  return html`<section class="card board-summary" aria-label="Sums">
    <dl class="figures">
      ${figures.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${series.points.length > 1 && bars(view)}
    <p class="quiet-line">${read}${happened}.</p>
  </section>`;
}

const chartHeight = 60;

/** Requests over time, errors in another colour on top of one another; the numbers stand beside it in words. */
function bars({ series, requests }: BoardView): Html {
  const most = Math.max(1, ...series.points.map((point) => point.requests));
  const [first] = series.points;
  const height = (value: number): string => ((value / most) * chartHeight).toFixed(2);
  return html`<svg
    class="bars"
    viewBox="0 0 ${series.points.length * 10} ${chartHeight}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${count(requests)} requests over time, ${count(most)} at most in ${series.step / 1000} seconds, from ${first === undefined ? '' : new Date(first.time).toISOString()} on"
  >
    ${series.points.map((point, i) => {
      const errors = point.clientErrors + point.serverErrors;
      return html`<rect
          class="all"
          x="${i * 10 + 1}"
          y="${chartHeight - Number(height(point.requests))}"
          width="8"
          height="${height(point.requests)}"
        ></rect
        ><rect
          class="bad"
          x="${i * 10 + 1}"
          y="${chartHeight - Number(height(errors))}"
          width="8"
          height="${height(errors)}"
        ></rect>`;
    })}
  </svg>`;
}

function offenders(offences: readonly Offence[], traffic: TrafficState, now: number): Html {
  const worst = offences
    .toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || b.last - a.last)
    .slice(0, mostOffences);
  return html`<section class="card board-part">
    <h2>Offenders</h2>
    ${
      worst.length === 0
        ? html`<p>Nobody in the logs of the last hours.</p>`
        : html`<ol class="offenders">
            ${worst.map((offence) => offender(offence, traffic.alertOf(offence), now))}
          </ol>`
    }
    ${
      offences.length > worst.length &&
      html`<p class="quiet-line">
        ${count(offences.length - worst.length)} more; <a href="/v1/traffic">as JSON</a>
      </p>`
    }
  </section>`;
}

function offender(offence: Offence, alert: string | undefined, now: number): Html {
  const { subject, severity, explanation, rule, last } = offence;
  const name =
    subject.type === 'client'
      ? originWords({ type: 'address', address: subject.value })
      : `${subject.type} ${subject.value}`;
  return html`<li data-alert>
    ${severityChip(severity)}
    <p>
      ${alert === undefined ? html`<b>${name}</b>` : html`<a class="open" href="/alerts/${alert}">${name}</a>`}
      <small>${rule}, ${relativeTime(last, now)}</small>
    </p>
    <p>${explanation}</p>
  </li>`;
}

function board(view: BoardView): Html {
  const odd = view.methods.filter(({ ordinary }) => !ordinary);
  return html`<div class="board">
    ${clientTable('Clients with the most requests', view.clients.byRequests)}
    ${clientTable('Clients with the most errors', view.clients.byErrors)}
    ${urlTable('URLs with the most requests', view.urls.byRequests)}
    ${urlTable('URLs with the most 4xx', view.urls.clientErrors.most)}
    ${urlTable('URLs with the most 5xx', view.urls.serverErrors.most)}
    ${urlTable('URLs that one client asks for too often', view.urls.overRate.top)}
    ${textTable('User agents', view.agents)}
    ${view.outsideApp !== null && textTable('User agents outside the app', view.outsideApp.agents)}
    ${textTable('Methods out of the ordinary', odd)} ${textTable('Hosts', view.hosts)}
    ${textTable('Countries', view.countries)}
  </div>`;
}

function clientTable(title: string, rows: readonly ClientRow[]): Html | undefined {
  return table(
    title,
    'Client',
    rows.map((row) => [
      html`${row.client}${row.lists.length > 0 && html` <small>on ${row.lists.join(', ')}</small>`}`,
      row,
    ]),
  );
}

function urlTable(title: string, rows: readonly UrlRow[]): Html | undefined {
  return table(
    title,
    'URL',
    rows.map((row) => [row.url, row]),
  );
}

function textTable(title: string, rows: readonly TextRow[]): Html | undefined {
  return table(
    title,
    title,
    rows.map((row) => [row.text === '' ? html`<i>none</i>` : row.text, row]),
  );
}

function table(
  title: string,
  head: string,
  rows: readonly (readonly [
    Piece,
    {
      readonly requests: number;
      readonly error: number;
      readonly clientErrors: number;
      readonly serverErrors: number;
    },
  ])[],
): Html | undefined {
  if (rows.length === 0) return undefined;
  return html`<section class="card board-part scrolls">
    <h2>${title}</h2>
    <table class="assets">
      <thead>
        <tr>
          <th scope="col">${head}</th>
          <th scope="col" class="number">Requests</th>
          <th scope="col" class="number">4xx</th>
          <th scope="col" class="number">5xx</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, rowsShown).map(
          ([name, row]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td class="number">${row.error > 0 && '~'}${count(row.requests)}</td>
              <td class="number">${count(row.clientErrors)}</td>
              <td class="number">${count(row.serverErrors)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function share(part: number, all: number): string {
  return all === 0 ? '0 %' : `${((part / all) * 100).toFixed(1)} %`;
}

function bytes(value: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${(value / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step] ?? ''}`;
}
