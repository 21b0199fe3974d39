import type { Alert } from '../alert/alert.ts';
import { lifecycleOf } from '../alert/lifecycle.ts';
import type { Suppression } from '../alert/suppression.ts';
import type { Json, JsonObject } from '../event/json.ts';
import { html, type Html } from './html.ts';
import { absoluteTime, layout, relativeTime, type Frame } from './layout.ts';

/** What somebody wrote into the form, or what it begins with. */
export interface SuppressionDraft {
  readonly name: string;
  /** Lines of `field: value`, or JSON. */
  readonly when: string;
  readonly reason: string;
  readonly owner: string;
  readonly days: string;
}

export const emptyDraft: SuppressionDraft = { name: '', when: '', reason: '', owner: '', days: '30' };

/** Choices of the form, in days. */
const periods = [
  ['1', '1 day'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', '1 year'],
] as const;

/** What is kept quiet, by whom and until when: `/suppressions`. */
export function suppressionsPage(
  frame: Frame,
  view: {
    readonly suppressions: readonly Suppression[];
    readonly excepted: number;
    readonly draft: SuppressionDraft;
    /** The alert that the form was filled from. */
    readonly from?: Alert | undefined;
    readonly problem?: string | undefined;
    readonly now: number;
  },
): Html {
  const { suppressions, excepted, draft, from, problem, now } = view;
  const active = suppressions.filter((one) => isActive(one, now));
  const ended = suppressions.filter((one) => !isActive(one, now));
  return layout(frame, {
    title: 'Suppressions · Tocsin',
    at: '/suppressions',
    keys: [['n', 'Write a new one']],
    main: html`<h1>Suppressions</h1>
      ${
        active.length === 0
          ? html`<div class="card empty">
              <h2>Nothing is kept quiet</h2>
              <p>
                A suppression keeps alerts quiet that somebody knows and answers for, until a date: they are
                stored, counted and found, and told to nobody. Make one below, or on the page of an alert that
                was a false positive. What holds for good belongs into
                <code>alerts.exceptions</code> of the configuration.
              </p>
            </div>`
          : table('Suppressions that hold', active, now)
      }
      ${excepted > 0 && html`<p class="quiet-line"><a href="/?exceptions=only">${excepted} alerts</a> were kept quiet by these, or by exceptions of the configuration.</p>`}
      ${form(draft, from, problem)}
      ${
        ended.length > 0 &&
        html`<details class="card ledger" id="ended">
          <summary>${ended.length === 1 ? '1 that has ended' : `${ended.length} that have ended`}</summary>
          ${table('Suppressions that have ended', ended, now)}
        </details>`
      }`,
  });
}

function isActive({ until, ended }: Suppression, now: number): boolean {
  return ended === undefined && until > now;
}

function table(caption: string, suppressions: readonly Suppression[], now: number): Html {
  return html`<div class="card ledger flush scrolls" tabindex="0" role="region" aria-label="${caption}">
    <table class="assets">
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">What is kept quiet</th>
          <th scope="col">Why</th>
          <th scope="col">Until</th>
        </tr>
      </thead>
      <tbody>
        ${suppressions.map((one) => row(one, now))}
      </tbody>
    </table>
  </div>`;
}

function row(suppression: Suppression, now: number): Html {
  const { id, name, when, reason, owner, until, createdAt, createdBy, ended } = suppression;
  return html`<tr>
    <th scope="row">${name}</th>
    <td><code class="search">${searchText(when)}</code></td>
    <td>
      ${reason}
      <small>${owner} answers for it; made by ${createdBy}, ${relativeTime(createdAt, now)}</small>
    </td>
    <td>
      ${ended === undefined ? absoluteTime(until) : html`ended ${absoluteTime(ended.at)} <small>by ${ended.by}</small>`}
      ${
        isActive(suppression, now) &&
        html`<form class="inline" method="post" action="/suppressions/${id}/end">
          <button class="button" type="submit" aria-label="End ${name}">End</button>
        </form>`
      }
    </td>
  </tr>`;
}

function form(draft: SuppressionDraft, from: Alert | undefined, problem: string | undefined): Html {
  return html`<section class="card ledger" id="add">
    <h2>Keep something quiet</h2>
    ${
      problem !== undefined &&
      html`<div class="refusal" role="alert">
        <p><b>Nothing was made.</b> ${problem}</p>
      </div>`
    }
    ${
      from !== undefined &&
      html`<p class="hint">
        Filled from <a href="/alerts/${from.id}">${from.title}</a>. Take out what should not have to be the
        same; the less stands here, the more is kept quiet.
      </p>`
    }
    <form class="change" method="post" action="/suppressions#add">
      <label
        ><span>Which alerts: lines of <code>field: value</code>, all of which must hold</span>
        <textarea name="when" rows="5" maxlength="20000" required data-key="n" spellcheck="false">
${draft.when}</textarea>
      </label>
      <p class="hint">
        <code>*</code> stands for any text. Fields are those of rules, and <code>tocsin.rule.id</code>,
        <code>tocsin.actor.name</code>, <code>tocsin.account</code>, <code>tocsin.client.address</code> …; a
        search as JSON works too.
      </p>
      <div class="pair">
        <label>Name <input name="name" maxlength="200" required value="${draft.name}" /></label>
        <label
          >Who answers for it
          <input name="owner" maxlength="200" required autocomplete="name" value="${draft.owner}"
        /></label>
        <label
          >For
          <select name="days">
            ${periods.map(
              ([days, words]) =>
                html`<option value="${days}" ${days === draft.days && html`selected`}>${words}</option>`,
            )}
          </select>
        </label>
      </div>
      <label>Why <textarea name="reason" rows="2" maxlength="1000" required>${draft.reason}</textarea></label>
      <div class="buttons"><button class="button" type="submit">Keep quiet</button></div>
    </form>
  </section>`;
}

/** A search as the form shows it: lines where it is simple enough, JSON otherwise. */
export function searchText(when: Json): string {
  if (isLines(when))
    return Object.entries(when)
      .map(([field, value]) => `${field}: ${value}`)
      .join('\n');
  return JSON.stringify(when, undefined, 2);
}

function isLines(when: Json): when is Readonly<Record<string, string>> {
  return (
    typeof when === 'object' &&
    when !== null &&
    !Array.isArray(when) &&
    Object.entries(when).every(
      ([field, value]) =>
        /^[^\s:{["]\S*(?<!:)$/.test(field) &&
        !field.includes(':') &&
        typeof value === 'string' &&
        value !== '' &&
        value === value.trim() &&
        !/[\n\r]/.test(value),
    )
  );
}

/** What stands in the form as a search; a text is why it is none. */
export function readSearch(text: string): { readonly when: Json } | { readonly problem: string } {
  const trimmed = text.trim();
  if (trimmed === '')
    return { problem: 'Say which alerts: at least one line such as tocsin.actor.name: deploy.' };
  if (/^[{[]/.test(trimmed)) {
    try {
      return { when: JSON.parse(trimmed) as Json };
    } catch {
      return { problem: 'The search begins like JSON and is none.' };
    }
  }
  const fields = new Map<string, string[]>();
  for (const line of trimmed.split('\n')) {
    if (line.trim() === '') continue;
    const at = line.indexOf(':');
    const [field, value] = at < 0 ? ['', ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (field === '' || value === '') return { problem: `'${line.trim()}' is not of the form field: value.` };
    const values = fields.get(field);
    if (values === undefined) fields.set(field, [value]);
    else values.push(value);
  }
  const when: JsonObject = Object.fromEntries(
    [...fields].map(([field, values]) => [field, values.length === 1 ? (values[0] ?? '') : values]),
  );
  return { when };
}

/** What the form begins with on behalf of an alert that was a false positive: the same rule, by the same actor, in the same account. */
export function draftFrom(alert: Alert): SuppressionDraft {
  const { rule, who, where } = alert;
  const { reason = '', by, status } = lifecycleOf(alert);
  const isNamed = who.kind !== 'unknown' && who.kind !== 'anonymous' && who.name !== '';
  const when: Record<string, string> = { 'tocsin.rule.id': escaped(rule.id) };
  if (isNamed) when['tocsin.actor.name'] = escaped(who.name);
  else if (where.origin.type === 'address') when['tocsin.client.address'] = escaped(where.origin.address);
  if (where.account !== undefined) when['tocsin.account'] = escaped(where.account);
  return {
    ...emptyDraft,
    name: rule.title.slice(0, 200),
    when: searchText(when),
    reason: status === 'false-positive' ? reason.slice(0, 1_000) : '',
    // `jane (key console)` answers as jane.
    owner: status === 'false-positive' ? by.replace(/ \([^)]*\)$/, '').slice(0, 200) : '',
  };
}

/** A text as a search takes it letter by letter: https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#escaping */
function escaped(text: string): string {
  return text.replace(/[\\*?]/g, '\\$&');
}
