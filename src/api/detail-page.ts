import type { Alert, AlertEvent, AlertFact, AttackRef } from '../alert/alert.ts';
import { rawEventAnchor } from '../notify/sections.ts';
import {
  actorDetail,
  evidencePlace,
  exceptionWords,
  originWords,
  personWords,
  shownEvents,
  utc,
} from '../notify/words.ts';
import type { DeliveryState } from '../store/store.ts';
import type { Incident } from '../alert/incident/incident.ts';
import { incidentCard } from './incident-pages.ts';
import { isAtAnAccount } from './at-account.ts';
import { copyable } from './copyable.ts';
import { filterQuery, isUnfiltered, listPath, type Filters } from './filters.ts';
import { html, preformatted, type Html, type Piece } from './html.ts';
import { absoluteTime, layout, relativeTime, severityChip, type Frame } from './layout.ts';
import { withNames } from './names.ts';
import { lifeCard, lifeKeys, occurrencesCard, standingLine, type LifeView } from './life-page.ts';
import { prettyJson } from './pretty-json.ts';
import { ago, shortDay, span } from './time.ts';

/** Characters of a raw event that a page shows; the API has all of it. */
const mostJson = 200_000;

/** One alert: `/alerts/:id`. */
export function detailPage(
  frame: Frame,
  view: {
    readonly alert: Alert;
    readonly deliveries: readonly DeliveryState[];
    /** The filters of the list that led here. */
    readonly filters: Filters;
    readonly life: Pick<LifeView, 'history' | 'attempt'>;
    /** That it is part of, or tells of. */
    readonly incident: Incident | undefined;
    readonly now: number;
    readonly address: string;
  },
): Html {
  const { alert, deliveries, filters, now } = view;
  return layout(frame, {
    title: `${alert.title} · Tocsin`,
    at: '/',
    keys: [
      ['u', 'Back to the list'],
      ...lifeKeys,
      ...(view.incident === undefined ? [] : [['i', 'Open its incident'] as const]),
      ...(alert.correlation === undefined ? [['c', 'Copy the raw event'] as const] : []),
    ],
    main: html`<nav class="back" aria-label="Back">
        <a href="/${filterQuery(filters)}" data-back
          >← ${isUnfiltered(filters) ? 'All alerts' : 'Back to the filtered alerts'}</a
        >
      </nav>
      <article>
        <header class="card lead edge-${alert.severity}">
          <p class="over">
            ${severityChip(alert.severity)}
            <a href="${listPath({}, { rule: alert.rule.id })}" title="All alerts of this rule"
              >${alert.rule.title}</a
            >
          </p>
          <h1>${alert.title}</h1>
          <p class="moment">${moment(alert.time, now)}</p>
          ${standingLine(alert)} ${policyNotes(alert)}
        </header>
        <div class="columns">
          <div class="story">
            ${severalEvents(alert)} ${occurrencesCard(alert)} ${meaning(alert)} ${warnedOf(alert)}
            ${lookedUp(alert)} ${firstSteps(alert)} ${why(alert)} ${harmless(alert)} ${references(alert)}
          </div>
          <div class="aside">
            ${incidentCard(alert, view.incident)}
            ${lifeCard({ ...view.life, alert, query: filterQuery(filters) })} ${who(alert)} ${what(alert)}
            ${where(alert)} ${when(alert)} ${attack(alert)} ${delivered(deliveries)}
          </div>
          <div class="source">
            ${alert.correlation === undefined && rawEvent(alert)} ${origin(alert, view.address)}
          </div>
        </div>
      </article>`,
  });
}

/** What the configuration made of the alert. */
function policyNotes({ severityChanges = [], exception }: Alert): readonly Html[] {
  const texts = [
    ...severityChanges.map((text) => `Severity ${text}`),
    ...(exception === undefined ? [] : [exceptionWords(exception)]),
  ];
  return texts.map((text) => html`<p class="policy">${text}</p>`);
}

/** How long ago and when; long ago the two are the same. */
function moment(time: number, now: number): Piece {
  if (ago(time, now) === shortDay(time)) return absoluteTime(time);
  return html`${relativeTime(time, now)} <span aria-hidden="true">·</span> ${absoluteTime(time)}`;
}

function section(title: string, body: Piece, kind = '', id = ''): Html {
  return html`<section class="card ${kind}" ${id !== '' && html`id="${id}"`}>
    <h2>${title}</h2>
    ${body}
  </section>`;
}

/** Rows of a description list; those without a value are left out. */
function rows(entries: readonly (readonly [string, Piece])[]): Html {
  return html`<dl class="rows">
    ${entries
      .filter(([, value]) => value !== undefined && value !== false && value !== '')
      .map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
  </dl>`;
}

function prose(text: string): readonly Html[] {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => html`<p class="prose">${withNames(paragraph.trim())}</p>`);
}

/** So many of the events are shown at once; the others open on demand. */
const mostEvents = 5;

function severalEvents({ correlation, id }: Alert): Html | undefined {
  if (correlation === undefined) return undefined;
  const { before, events } = shownEvents(correlation, 100);
  const newest = events.toReversed();
  const rest = newest.slice(mostEvents);
  return section(
    'What was found',
    html`<p class="strong">${correlation.summary}</p>
      ${rows([
        ['From', utc(correlation.start)],
        ['To', correlation.end > correlation.start && utc(correlation.end)],
        [
          'Where all',
          correlation.group.length > 0 &&
            html`<ul class="targets">
              ${correlation.group.map(({ field, value }) => html`<li><code>${field}</code> is ${value}</li>`)}
            </ul>`,
        ],
      ])}
      <h3>Events, the newest first</h3>
      ${eventList(newest.slice(0, mostEvents))}
      ${
        rest.length > 0 &&
        html`<details class="more-events">
          <summary>${rest.length === 1 ? '1 more' : `${rest.length} more`}</summary>
          ${eventList(rest)}
        </details>`
      }
      ${
        before > 0 &&
        html`<p>
          ${before === 1 ? '1 event' : `${before} events`} before these;
          <a href="/v1/alerts/${id}">as JSON</a>.
        </p>`
      }`,
    '',
    rawEventAnchor,
  );
}

function eventList(events: readonly AlertEvent[]): Html {
  return html`<ol class="events">
    ${events.map(
      (event) =>
        html`<li>
          <p>
            ${utc(event.time)} <b>${event.action}</b>
            <span class="result-${event.result}">${resultWords[event.result]}</span>
            ${event.reason !== undefined && html`<small>${event.reason}</small>`}
          </p>
          <p>
            ${event.who.name} from
            ${originWords(event.origin, event.place)}${event.target !== undefined && html` on ${event.target}`}
          </p>
          <p><small>${event.id} in ${evidencePlace(event)}</small></p>
        </li>`,
    )}
  </ol>`;
}

function meaning({ facts }: Alert): Html | undefined {
  if (facts.length === 0) return undefined;
  return section(
    'What this means',
    html`<ul class="facts">
      ${facts.map(
        ({ explanation, unknowns, diff = [] }) =>
          html`<li>
            <p>${withNames(explanation)}</p>
            ${diff.length > 0 && difference(diff)}
            ${
              unknowns.length > 0 &&
              html`<div class="unknowns">
                <p class="label">Not known from this event alone</p>
                <ul>
                  ${unknowns.map((unknown) => html`<li>${withNames(unknown)}</li>`)}
                </ul>
              </div>`
            }
          </li>`,
      )}
    </ul>`,
  );
}

const signWords = { '+': 'added', '-': 'removed', ' ': '' } as const;
const signKinds = { '+': 'came', '-': 'went', ' ': 'stays' } as const;

/** Colour is not all that tells the lines apart: the sign stands before each, and readers of the screen hear a word. */
function difference(diff: NonNullable<AlertFact['diff']>): Html {
  return html`<ul class="diff">
    ${diff.map(
      ({ sign, text }) =>
        html`<li class="${signKinds[sign]}">
          <span class="sign" aria-hidden="true">${sign}</span
          >${sign !== ' ' && html`<span class="unseen">${signWords[sign]}: </span>`}<span>${text}</span>
        </li>`,
    )}
  </ul>`;
}

const verdictWords = {
  malicious: 'Malicious',
  suspicious: 'Suspicious',
  benign: 'Harmless',
  none: 'No verdict',
  unanswered: 'No answer',
} as const;

/** A link is made from the name of a provider and never by one; all the same, only an address of the web becomes one. */
function isPage(link: string | undefined): link is string {
  const url = link === undefined ? null : URL.parse(link);
  return url?.protocol === 'https:' && url.username === '' && url.password === '';
}

/** What feeds of indicators warn of. */
function warnedOf({ context }: Alert): Html | undefined {
  const warnings = context?.warnings ?? [];
  if (warnings.length === 0) return undefined;
  return section(
    'Known from feeds',
    html`<ul class="plain-list">
      ${warnings.map(
        ({ value, feed, label }) =>
          html`<li>
            <code>${value}</code> is in the feed <b>${feed}</b>${label !== undefined && html`: ${label}`}
          </li>`,
      )}
    </ul>`,
  );
}

/** What others said. */
function lookedUp({ context }: Alert): Html | undefined {
  const lookups = context?.lookups ?? [];
  if (lookups.length === 0) return undefined;
  return section(
    'What others know',
    html`<ul class="plain-list">
      ${lookups.map(
        ({ provider, about, verdict, summary, link, at }) =>
          html`<li>
            <b>${verdictWords[verdict]}</b>
            ${isPage(link) ? html`<a href="${link}" rel="noreferrer">${provider}</a>` : provider} on
            <code>${about.value}</code>: ${summary} <small>${utc(at)}</small>
          </li>`,
      )}
    </ul>`,
  );
}

function firstSteps({ response }: Alert): Html | undefined {
  return response === '' ? undefined : section('What to do first', prose(response), 'steps');
}

function why({ description }: Alert): Html | undefined {
  return description === '' ? undefined : section('Why this matters', prose(description));
}

function harmless({ falsePositives }: Alert): Html | undefined {
  if (falsePositives.length === 0) return undefined;
  return section(
    'When it is harmless',
    html`<ul class="plain-list">
      ${falsePositives.map((each) => html`<li>${each}</li>`)}
    </ul>`,
  );
}

function rawEvent({ id, evidence }: Alert): Html {
  const { text, whole } = prettyJson(evidence.fields, mostJson);
  return section(
    'Raw event',
    html`${!whole && html`<p>Only its beginning is shown here; <a href="/v1/alerts/${id}">the API has all of it</a>.</p>`}
    ${copyable(preformatted(text), 'The raw event as JSON')}`,
    'raw',
    rawEventAnchor,
  );
}

function mfaWords(mfa: boolean | undefined): string {
  if (mfa === undefined) return 'the event does not say';
  return mfa ? 'yes' : 'no';
}

function who({ who: actor }: Alert): Html {
  const chain = [...actor.chain, actor.name];
  return section(
    'Who',
    html`<p class="strong">${actor.name}</p>
      ${rows([
        ['Person', actor.person && personWords(actor.person)],
        ['Kind', actorDetail({ ...actor, mfa: undefined })],
        ['MFA', actor.kind !== 'anonymous' && mfaWords(actor.mfa)],
        [
          'By way of',
          actor.chain.length > 0 &&
            html`<ol class="chain">
              ${chain.map((name) => html`<li>${name}</li>`)}
            </ol>`,
        ],
        ['Account', actor.account],
        ['Access key', actor.accessKeyId],
        ['ARN', actor.arn],
      ])}`,
  );
}

const resultWords = { success: 'Succeeded', failure: 'Failed', unknown: 'Result unknown' } as const;

function what({ what: call }: Alert): Html {
  return section(
    'What',
    html`<p class="strong">${call.action}</p>
      ${rows([
        ['Service', call.service],
        // What a service found is no call that could succeed or fail.
        [
          'Result',
          !call.kind.endsWith('.finding') &&
            html`<span class="result-${call.result}">${resultWords[call.result]}</span>`,
        ],
        ['Reason', call.reason],
        [
          call.targets.length === 1 ? 'Target' : 'Targets',
          call.targets.length > 0 &&
            html`<ul class="targets">
              ${call.targets.map(
                ({ type, name, arn, account }) =>
                  html`<li>
                    <span class="name">${name}</span>${type !== undefined && html` <small>${type}</small>`}
                    ${arn !== undefined && arn !== name && html`<small>${arn}</small>`}
                    ${account !== undefined && html`<small>account ${account}</small>`}
                  </li>`,
              )}
            </ul>`,
        ],
      ])}`,
  );
}

function where(alert: Alert): Html {
  const { where: place } = alert;
  const unknown = isAtAnAccount(alert) ? 'unknown' : undefined;
  return section(
    'Where',
    rows([
      ['From', originWords(place.origin, place.place)],
      ['Account', place.account ?? unknown],
      ['Account name', place.accountName],
      ['Region', place.region ?? unknown],
      ['User agent', place.userAgent],
    ]),
  );
}

function when({ time, receivedAt, decidedAt }: Alert): Html {
  return section(
    'When',
    html`<ol class="timeline">
      <li><b>Happened</b> ${absoluteTime(time)}</li>
      <li><b>Received</b> ${absoluteTime(receivedAt)} <small>${later(receivedAt - time)}</small></li>
      <li><b>Decided</b> ${absoluteTime(decidedAt)} <small>${later(decidedAt - receivedAt)}</small></li>
    </ol>`,
  );
}

function later(milliseconds: number): string {
  return milliseconds < 0
    ? `${span(-milliseconds)} earlier: the clocks differ`
    : `${span(milliseconds)} later`;
}

function attack({ tactics, techniques }: Alert): Html | undefined {
  if (tactics.length + techniques.length === 0) return undefined;
  return section(
    'MITRE ATT&CK',
    html`<ul class="attack">
      ${[...tactics, ...techniques].map((each) => html`<li>${attackLink(each)}</li>`)}
    </ul>`,
  );
}

/** Addresses are made of ids of the known form only; https://attack.mitre.org/ */
function attackLink({ id, name }: AttackRef): Html {
  const label = html`<code>${id}</code> ${name}`;
  const [, technique, sub] = /^(T\d{4})(?:\.(\d{3}))?$/.exec(id) ?? [];
  if (technique !== undefined) {
    const path = sub === undefined ? technique : `${technique}/${sub}`;
    return html`<a href="https://attack.mitre.org/techniques/${path}/" rel="noreferrer">${label}</a>`;
  }
  if (!/^TA\d{4}$/.test(id)) return label;
  return html`<a href="https://attack.mitre.org/tactics/${id}/" rel="noreferrer">${label}</a>`;
}

const stateWords = {
  delivered: { sign: '✓', word: 'Delivered' },
  pending: { sign: '…', word: 'Waiting' },
  dropped: { sign: '–', word: 'Dropped' },
  dead: { sign: '✕', word: 'Could not be delivered' },
} as const;

function delivered(deliveries: readonly DeliveryState[]): Html {
  return section(
    'Deliveries',
    deliveries.length === 0
      ? html`<p>None: no channel takes this alert.</p>`
      : html`<ul class="deliveries">
          ${deliveries.map(
            ({ channel, state, attempts, reason }) =>
              html`<li>
                <b>${channel}</b>
                <span class="state-${state}"
                  ><span aria-hidden="true">${stateWords[state].sign}</span> ${stateWords[state].word}</span
                >
                <small>${attempts === 1 ? '1 attempt' : `${attempts} attempts`}</small>
                ${state !== 'delivered' && reason !== undefined && html`<small class="reason">${reason}</small>`}
              </li>`,
          )}
        </ul>`,
  );
}

function references(alert: Alert): Html | undefined {
  if (alert.references.length === 0) return undefined;
  return section(
    'References',
    html`<ul class="references">
      ${alert.references.map((each) => html`<li>${reference(each)}</li>`)}
    </ul>`,
  );
}

/** Only a plain https address becomes a link; anything else, `javascript:` above all, stays text. */
function reference(text: string): Html {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === 'https:' && url.username === '' && url.password === '';
  return isPlain ? html`<a href="${url.href}" rel="noreferrer">${text}</a>` : html`${text}`;
}

function origin({ id, evidence, correlation }: Alert, address: string): Html {
  const { provenance } = evidence;
  return section(
    'Evidence',
    rows([
      [correlation === undefined ? 'Event' : 'Last event', evidence.eventId],
      ['Source', provenance.source],
      ['Object', provenance.object],
      ['At byte', provenance.position],
      ['Worker', provenance.worker],
      ['Permanent link', html`<a href="/alerts/${id}">${address}/alerts/${id}</a>`],
      ['As JSON', html`<a href="/v1/alerts/${id}">/v1/alerts/${id}</a>`],
    ]),
  );
}
