import type { Severity } from '../event/severity.ts';
import { listPath } from './filters.ts';
import { html, type Html } from './html.ts';
import { absoluteTime, layout, severityChip, type Frame } from './layout.ts';

/** A rule that runs. */
export interface RunningRule {
  readonly id: string;
  readonly title: string;
  readonly level: Severity;
}

export interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly level: Severity | undefined;
  /** Alerts lately. */
  readonly alerts: number;
  /** Of all that were ever judged. */
  readonly resolved: number;
  readonly falsePositives: number;
}

/** How good rules are: `/rules`. */
export function rulesPage(
  frame: Frame,
  view: {
    /** The noisiest first. */
    readonly rows: readonly RuleRow[];
    readonly days: number;
    /** Whether there are more alerts than were counted. */
    readonly isCut: boolean;
    readonly counted: number;
    readonly never:
      | { readonly since: number; readonly rules: readonly { readonly id: string; readonly title: string }[] }
      | undefined;
  },
): Html {
  const { rows, days, isCut, counted, never } = view;
  return layout(frame, {
    title: 'Rules · Tocsin',
    at: '/rules',
    keys: [
      ['j', 'Next rule'],
      ['k', 'Previous rule'],
      ['Enter', 'Show its alerts'],
    ],
    main: html`<h1>Rules</h1>
      <p class="quiet-line">
        Alerts are those of the last ${days}
        days${isCut && html`, of which the latest ${counted} were counted`}. Judged are all alerts that people
        resolved or called false positives, whenever that was. The noisiest rules stand first.
      </p>
      ${
        rows.length === 0
          ? html`<div class="card empty">
              <h2>No rule has made an alert yet</h2>
              <p>
                Once alerts come, it stands here how many each rule makes and how many of them were what they
                said. Resolve alerts, or call them false positives: precision is worked out from that.
              </p>
            </div>`
          : html`<div
              class="card ledger flush scrolls"
              tabindex="0"
              role="region"
              aria-label="Rules with alerts"
            >
              <table class="assets rules">
                <thead>
                  <tr>
                    <th scope="col">Rule</th>
                    <th scope="col" class="number">Alerts</th>
                    <th scope="col" class="number">Resolved</th>
                    <th scope="col" class="number">False positives</th>
                    <th scope="col">Precision</th>
                  </tr>
                </thead>
                <tbody>
                  ${rows.map(row)}
                </tbody>
              </table>
            </div>`
      }
      ${never !== undefined && neverFired(never)}`,
  });
}

function row({ id, title, level, alerts, resolved, falsePositives }: RuleRow): Html {
  const judged = resolved + falsePositives;
  const percent = judged === 0 ? undefined : Math.round((100 * resolved) / judged);
  const filtered = (label: string | number, status: 'resolved' | 'false-positive'): Html =>
    html`<a href="${listPath({}, { rule: id, status })}">${label}</a>`;
  return html`<tr data-alert="${id}">
    <th scope="row">
      ${id.length > 200 ? title : html`<a class="open" href="${listPath({}, { rule: id })}">${title}</a>`}
      ${level !== undefined && severityChip(level)}
    </th>
    <td class="number">${alerts}</td>
    <td class="number">${resolved === 0 || id.length > 200 ? resolved : filtered(resolved, 'resolved')}</td>
    <td class="number">
      ${falsePositives === 0 || id.length > 200 ? falsePositives : filtered(falsePositives, 'false-positive')}
    </td>
    <td>
      ${
        percent === undefined
          ? html`<small>nothing judged</small>`
          : html`<span class="share"
              ><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="${percent < 50 ? 'bad' : 'good'}" x="0" y="0" width="${percent}" height="8" />
              </svg>
              ${percent} %</span
            >`
      }
    </td>
  </tr>`;
}

function neverFired({
  since,
  rules,
}: {
  readonly since: number;
  readonly rules: readonly { readonly id: string; readonly title: string }[];
}): Html {
  return html`<details class="card ledger" id="never" ${rules.length <= 20 && html`open`}>
    <summary>
      ${rules.length === 1 ? '1 rule that runs has' : `${rules.length} rules that run have`} made no alert
      since ${absoluteTime(since)}
    </summary>
    <p class="hint">
      Most of them wait for what seldom happens. Try one with <code>tocsin rules test</code> and
      <code>tocsin rules backtest</code> where you would have expected an alert.
    </p>
    <ul class="plain-list">
      ${rules.map(({ title, id }) => html`<li>${title} <small>${id}</small></li>`)}
    </ul>
  </details>`;
}

/** Rules with what is known of them, the noisiest first: most alerts, then least precise. */
export function ruleRows(
  running: readonly RunningRule[],
  alerts: ReadonlyMap<string, { readonly title: string; readonly count: number }>,
  figures: readonly {
    readonly rule: { readonly id: string; readonly title: string };
    readonly resolved: number;
    readonly falsePositives: number;
  }[],
): readonly RuleRow[] {
  const levels = new Map(running.map(({ id, level }) => [id, level]));
  const judged = new Map(figures.map((one) => [one.rule.id, one]));
  const titles = new Map([
    ...figures.map(({ rule }) => [rule.id, rule.title] as const),
    ...[...alerts].map(([id, { title }]) => [id, title] as const),
    ...running.map(({ id, title }) => [id, title] as const),
  ]);
  const ids = new Set([...alerts.keys(), ...judged.keys()]);
  const precision = ({ resolved, falsePositives }: RuleRow): number =>
    resolved + falsePositives === 0 ? 1 : resolved / (resolved + falsePositives);
  return [...ids]
    .map((id): RuleRow => ({
      id,
      title: titles.get(id) ?? id,
      level: levels.get(id),
      alerts: alerts.get(id)?.count ?? 0,
      resolved: judged.get(id)?.resolved ?? 0,
      falsePositives: judged.get(id)?.falsePositives ?? 0,
    }))
    .toSorted((a, b) => b.alerts - a.alerts || precision(a) - precision(b) || (a.id < b.id ? -1 : 1));
}
