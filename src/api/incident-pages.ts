import type { Alert } from '../alert/alert.ts';
import { statuses } from '../alert/alert-life.ts';
import type { EntityKind } from '../alert/incident/entity.ts';
import { incidentName, type Incident, type IncidentEntity } from '../alert/incident/incident.ts';
import type { Sighting } from '../alert/incident/sighting.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import { listPath } from './filters.ts';
import { html, type Html } from './html.ts';
import { absoluteTime, layout, relativeTime, severityChip, type Frame } from './layout.ts';
import { statusChip, statusVerbs } from './life-page.ts';
import { shortDay, span } from './time.ts';

/** The incidents of the last days: `/incidents`. */
export function incidentListPage(
  frame: Frame,
  view: {
    readonly incidents: readonly Incident[];
    /** How many there are, also those that are not shown. */
    readonly total: number;
    readonly minScore: number;
    readonly threshold: number;
    readonly now: number;
  },
): Html {
  const { incidents, total, minScore, threshold, now } = view;
  const choice = (score: number, label: string): Html =>
    html`<a
      href="/incidents${score === 0 ? '' : `?minScore=${score}`}"
      ${minScore === score && html`aria-current="true"`}
      >${label}</a
    >`;
  return layout(frame, {
    title: 'Incidents · Tocsin',
    at: '/incidents',
    keys: [
      ['j', 'Next incident'],
      ['k', 'Previous incident'],
      ['Enter', 'Open the incident'],
    ],
    main: html`<div class="heading"><h1>Incidents</h1></div>
      <div class="filters">
        <nav class="choice" aria-label="Risk">
          ${choice(0, 'All')} ${choice(threshold, `Risk ${threshold} and more`)}
        </nav>
      </div>
      ${incidents.length === 0 ? noIncidents(minScore) : incidentList(incidents, now)}
      ${
        total > incidents.length &&
        html`<p class="quiet-line">
          The latest ${incidents.length} of ${total} are shown;
          <a href="/v1/incidents?limit=500">more as JSON</a>.
        </p>`
      }`,
  });
}

function noIncidents(minScore: number): Html {
  return html`<div class="card empty">
    <h2>${minScore > 0 ? 'No incident weighs so much' : 'No incidents in the last seven days'}</h2>
    <p>
      An incident is several alerts that share an actor, an address or a resource and lie close in time:
      somebody makes a key, the key looks around, a snapshot is shared. None of them need wake anybody;
      together they do. They gather here by themselves.
    </p>
    <p>
      ${minScore > 0 ? html`<a class="button" href="/incidents">All incidents</a>` : html`<a class="button" href="/">All alerts</a>`}
    </p>
  </div>`;
}

function incidentList(incidents: readonly Incident[], now: number): Html {
  return html`<ol class="alerts apart">
    ${incidents.map(
      (incident) =>
        html`<li class="alert edge-${incident.severity}" data-alert="${incident.id}">
          <div class="mark"><span class="score">${incident.risk.score}</span></div>
          <div class="body">
            <h2><a class="open" href="/incidents/${incident.id}">${headline(incident)}</a></h2>
            <dl class="facets">
              <div>
                <dt>Risk</dt>
                <dd>${incident.risk.explanation}</dd>
              </div>
              <div>
                <dt>Worst alert</dt>
                <dd>${incident.severity}</dd>
              </div>
              <div>
                <dt>Told</dt>
                <dd>${incident.told === undefined ? 'nobody' : `as ${incident.told.severity}`}</dd>
              </div>
              ${
                mutedOf(incident) > 0 &&
                html`<div>
                  <dt>Muted</dt>
                  <dd>${mutedOf(incident)}</dd>
                </div>`
              }
              ${
                incident.accounts.length > 0 &&
                html`<div>
                  <dt>${incident.accounts.length === 1 ? 'Account' : 'Accounts'}</dt>
                  <dd>${incident.accounts.slice(0, 3).join(', ')}</dd>
                </div>`
              }
            </dl>
          </div>
          <div class="when">${relativeTime(incident.last, now)}</div>
        </li>`,
    )}
  </ol>`;
}

function headline(incident: Incident): string {
  return `${incident.alerts.length} ${incidentName(incident.alerts)}`;
}

function mutedOf({ alerts }: Incident): number {
  return alerts.filter(({ muted }) => muted === true).length;
}

export interface IncidentView {
  readonly incident: Incident;
  /** Its own alert, where it has one that is still there. */
  readonly own: Alert | undefined;
  /** Its alerts as they are now; those that are gone are missing. */
  readonly alerts: ReadonlyMap<string, Alert>;
  /** What the last change did, or why it did nothing. */
  readonly note?: IncidentNoteView | undefined;
  readonly now: number;
}

export type IncidentNoteView =
  | { readonly type: 'done'; readonly changed: number; readonly unchanged: number }
  | { readonly type: 'refused'; readonly problem: string; readonly text: string; readonly by: string };

/** One incident with its timeline, and what it is about: `/incidents/:id`. */
export function incidentPage(frame: Frame, view: IncidentView): Html {
  const { incident, own, alerts, now } = view;
  const { severity, risk, told, first, last, accounts } = incident;
  const muted = mutedOf(incident);
  return layout(frame, {
    title: `${headline(incident)} · Tocsin`,
    at: '/incidents',
    keys: [
      ['u', 'Back to the incidents'],
      ['j', 'Next alert'],
      ['k', 'Previous alert'],
      ['Enter', 'Open the alert'],
      ['a', 'Acknowledge'],
      ['p', 'Work on it'],
      ['m', 'Write a reason'],
    ],
    main: html`<nav class="back" aria-label="Back"><a href="/incidents" data-back>← All incidents</a></nav>
      <article>
        <header class="card lead edge-${severity}">
          <p class="over">
            ${severityChip(severity)} <span>Incident, risk <b>${risk.score}</b></span>
          </p>
          <h1>${headline(incident)}</h1>
          <p class="moment">${relativeTime(last, now)} · ${absoluteTime(first)} to ${absoluteTime(last)}</p>
          <p class="standing">
            ${own !== undefined && statusChip(lifecycleOf(own).status)}
            <span
              >${
                told === undefined
                  ? 'Nobody was told of it as a whole'
                  : html`Told as ${told.severity} by
                      <a href="/alerts/${told.alertId}"
                        >${own === undefined ? 'its worst alert' : 'its alert'}</a
                      >`
              }</span
            >
            ${muted > 0 && html`<span>${muted === 1 ? '1 alert' : `${muted} alerts`} muted by it</span>`}
            ${accounts.length > 0 && html`<span>${accounts.length === 1 ? 'Account' : 'Accounts'} ${accounts.slice(0, 10).join(', ')}</span>`}
          </p>
        </header>
        <div class="columns">
          <div class="story">
            <section class="card">
              <h2>Why it weighs ${risk.score}</h2>
              <p class="prose">${risk.explanation}</p>
              <p class="hint">
                Each rule counts once, by its heaviest alert; half of it after twelve hours. Every tactic
                beyond the first adds a quarter.
              </p>
            </section>
            <section class="card" id="timeline">
              <h2>Timeline</h2>
              <ol class="events timeline-list">
                ${incident.alerts.map((one) => step(one, alerts.get(one.id)))}
              </ol>
            </section>
          </div>
          <div class="aside">${statusCard(view)} ${entitiesCard(incident.entities)}</div>
        </div>
      </article>`,
  });
}

function step(sighting: Sighting, alert: Alert | undefined): Html {
  const { id, time, severity, title, who, tactics, muted, account } = sighting;
  const status = alert === undefined ? undefined : lifecycleOf(alert).status;
  return html`<li data-alert="${id}">
    <p>
      ${severityChip(severity)}
      ${alert === undefined ? html`<b>${title}</b>` : html`<a class="open" href="/alerts/${id}">${title}</a>`}
    </p>
    <p>
      <small
        >${absoluteTime(time)} ·
        ${who}${account !== undefined && html` · account ${account}`}${
          tactics.length > 0 && html` · ${tactics.join(', ')}`
        }</small
      >
    </p>
    <p class="marks">
      ${status === undefined ? html`<small>no longer in the store</small>` : status !== 'open' && statusChip(status)}
      ${muted === true && html`<span class="status" title="Channels that know of the incident were not told">muted by the incident</span>`}
    </p>
  </li>`;
}

function statusCard({ incident, own, note }: IncidentView): Html {
  const refused = note?.type === 'refused' ? note : undefined;
  const status = own === undefined ? undefined : lifecycleOf(own).status;
  return html`<section class="card life" id="life">
    <h2>What becomes of it</h2>
    ${
      note?.type === 'done' &&
      html`<div class="outcome" role="status">
        <p>
          <b>${note.changed === 1 ? '1 alert' : `${note.changed} alerts`} changed.</b>
          ${note.unchanged === 1 ? '1 was' : `${note.unchanged} were`} so already, or further.
        </p>
      </div>`
    }
    ${
      refused !== undefined &&
      html`<div class="refusal" role="alert">
        <p><b>Nothing was changed.</b> ${refused.problem}</p>
      </div>`
    }
    <form class="change" method="post" action="/incidents/${incident.id}" autocomplete="on">
      ${own !== undefined && html`<input type="hidden" name="revision" value="${lifecycleOf(own).revision}" />`}
      <label
        >Your name <input name="by" maxlength="200" autocomplete="name" value="${refused?.by ?? ''}"
      /></label>
      <label
        >Reason
        <textarea name="text" rows="3" maxlength="3500" data-key="m">${refused?.text ?? ''}</textarea>
      </label>
      <p class="hint">
        It reaches the alerts in it too, as far as they are not there yet. A false positive needs a reason.
      </p>
      <div class="buttons">
        ${statuses
          .filter((one) => one !== status && (one !== 'open' || own !== undefined))
          .map(
            (one) =>
              html`<button
                class="button"
                type="submit"
                name="do"
                value="${one}"
                ${statusVerbs[one].key !== undefined && html`data-key="${statusVerbs[one].key}"`}
              >
                ${statusVerbs[one].label}
              </button>`,
          )}
      </div>
    </form>
  </section>`;
}

/** By which filter of the list the alerts about an entity are found. */
const filterOf: Readonly<Record<EntityKind, 'actor' | 'address' | 'resource' | 'text'>> = {
  person: 'text',
  user: 'actor',
  role: 'text',
  session: 'actor',
  'access-key': 'actor',
  address: 'address',
  resource: 'resource',
};

/** Longer ones cannot be asked for. */
const longestFilter = 200;

function found(kind: EntityKind, key: string): Html {
  // A session names its role without the path, and so does what is kept of a role.
  const value = kind === 'role' ? (key.split('/').at(-1) ?? key) : key;
  if (value.length > longestFilter) return html`<span>${key}</span>`;
  return html`<a href="${listPath({}, { [filterOf[kind]]: value })}" title="All alerts about it">${key}</a>`;
}

const kindWords: Readonly<Record<EntityKind, string>> = {
  person: 'Person',
  user: 'User',
  role: 'Role',
  session: 'Session',
  'access-key': 'Access key',
  address: 'Address',
  resource: 'Resource',
};

function entitiesCard(entities: readonly IncidentEntity[]): Html {
  return html`<section class="card" id="entities">
    <h2>What the alerts are about</h2>
    <ul class="entities">
      ${entities.map(
        ({ kind, key, alerts, joins, risk }) =>
          html`<li>
            <span class="score" title="Risk">${risk.score}</span>
            <div>
              <p>
                <small>${kindWords[kind]}</small>
                ${found(kind, key)}
              </p>
              <p>
                <small
                  >${alerts === 1 ? '1 alert' : `${alerts} alerts`}${joins && ', joined by it'} ·
                  ${risk.explanation}</small
                >
              </p>
            </div>
          </li>`,
      )}
    </ul>
  </section>`;
}

/** That an alert is part of an incident, for the page of the alert. */
export function incidentCard(alert: Alert, incident: Incident | undefined): Html | undefined {
  const { incident: note } = alert;
  if (incident === undefined) return undefined;
  const { id, first, last, risk, alerts } = incident;
  const took = last - first;
  return html`<section class="card">
    <h2>Part of an incident</h2>
    <p class="strong"><a href="/incidents/${id}" data-key="i">${headline(incident)}</a></p>
    <p><small>Risk ${risk.explanation}</small></p>
    <p>
      <small
        >${alerts.length} alerts ${took < 60_000 ? `on ${shortDay(first)}` : `within ${span(took)}`}</small
      >
    </p>
    ${note?.mutes !== undefined && html`<p class="hint">Not told to ${note.mutes.join(', ')}: the incident was told there before.</p>`}
  </section>`;
}
