import type { Alert } from '../alert/alert.ts';
import { statuses, type Status } from '../alert/alert-life.ts';
import { lifecycleOf, isClosed } from '../alert/lifecycle.ts';
import { originWords } from '../notify/words.ts';
import type { HistoryPage, StoredHistoryLine } from '../store/life-store.ts';
import { html, type Html } from './html.ts';
import { absoluteTime } from './layout.ts';

export const statusWords: Readonly<Record<Status, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  'in-progress': 'In progress',
  resolved: 'Resolved',
  'false-positive': 'False positive',
};

/** What the button says that brings an alert there, and its key. */
export const statusVerbs: Readonly<Record<Status, { readonly label: string; readonly key?: string }>> = {
  open: { label: 'Reopen' },
  acknowledged: { label: 'Acknowledge', key: 'a' },
  'in-progress': { label: 'Work on it', key: 'p' },
  resolved: { label: 'Resolve' },
  'false-positive': { label: 'False positive' },
};

export const lifeKeys = [
  ['a', 'Acknowledge'],
  ['p', 'Work on it'],
  ['m', 'Write a reason or a comment'],
  ['e', 'Keep a false positive quiet'],
] as const;

/** Choices of the form, in hours. */
const snoozes = [
  ['1', '1 hour'],
  ['4', '4 hours'],
  ['24', '1 day'],
  ['168', '7 days'],
] as const;

/** What somebody wanted and did not get. What they wrote is given back to them. */
export interface Attempt {
  readonly problem: string;
  /** The revision that it was decided from, where the alert has another by now. */
  readonly outdated?: number | undefined;
  readonly text: string;
  readonly by: string;
  readonly assignee: string;
}

export interface LifeView {
  readonly alert: Alert;
  readonly history: HistoryPage;
  /** The filters that lead back, as `?...`. */
  readonly query: string;
  readonly attempt?: Attempt | undefined;
}

export function statusChip(status: Status): Html {
  return html`<span class="status status-${status}">${statusWords[status]}</span>`;
}

/** How the alert stands, in one line under its title. */
export function standingLine(alert: Alert): Html {
  const { status, assignee, snoozedUntil } = lifecycleOf(alert);
  const { occurrences } = alert;
  return html`<p class="standing">
    ${statusChip(status)} ${assignee !== undefined && html`<span>assigned to <b>${assignee}</b></span>`}
    ${snoozedUntil !== undefined && html`<span>snoozed until ${absoluteTime(snoozedUntil)}</span>`}
    ${
      occurrences !== undefined &&
      html`<span
        ><b>${occurrences.count}</b> findings from ${absoluteTime(occurrences.firstSeen)} to
        ${absoluteTime(occurrences.lastSeen)}</span
      >`
    }
  </p>`;
}

/** What people can do with the alert, and what they did. */
export function lifeCard(view: LifeView): Html {
  const { alert, history, attempt } = view;
  return html`<section class="card life" id="life">
    <h2>What becomes of it</h2>
    ${attempt !== undefined && refusal(attempt, history.lines)} ${form(view)}
    ${
      lifecycleOf(alert).status === 'false-positive' &&
      html`<p class="except">
        Will it happen again?
        <a class="button" href="/suppressions?from=${alert.id}#add" data-key="e">Keep this quiet</a>
      </p>`
    }
    ${historyList(history, alert.id)}
  </section>`;
}

function refusal({ problem, outdated }: Attempt, history: readonly StoredHistoryLine[]): Html {
  const since = outdated === undefined ? [] : history.filter(({ revision }) => revision > outdated);
  return html`<div class="refusal" role="alert">
    <p><b>Nothing was changed.</b> ${problem}</p>
    ${since.length > 0 && historyLines(since)}
  </div>`;
}

/**
 * One form for all, so that a name and a text are written once. Enter in a line of text presses the first button, which must therefore be
 * one that does no harm.
 */
function form({ alert, query, attempt }: LifeView): Html {
  const life = lifecycleOf(alert);
  const closed = isClosed(life);
  return html`<form class="change" method="post" action="/alerts/${alert.id}${query}" autocomplete="on">
    <input type="hidden" name="revision" value="${life.revision}" />
    <label
      >Your name <input name="by" maxlength="200" autocomplete="name" value="${attempt?.by ?? ''}"
    /></label>
    <div class="pair">
      <label
        >Assignee
        <input
          name="assignee"
          maxlength="200"
          autocomplete="off"
          value="${attempt?.assignee ?? life.assignee ?? ''}"
      /></label>
      ${doing('assign', 'Assign')}
    </div>
    <label
      >Reason or comment
      <textarea name="text" rows="3" maxlength="4000" data-key="m">${attempt?.text ?? ''}</textarea>
    </label>
    <p class="hint">
      A false positive needs a reason: it tells whoever mends the rule what is wrong with it.
    </p>
    <div class="buttons">
      ${doing('comment', 'Comment')}
      ${statuses
        .filter((status) => status !== life.status && (status !== 'open' || life.status !== 'open'))
        .map((status) => doing(status, statusVerbs[status].label, statusVerbs[status].key))}
    </div>
    ${
      !closed &&
      html`<div class="pair">
        <label
          >Tell nobody for
          <select name="hours">
            ${snoozes.map(([hours, words]) => html`<option value="${hours}">${words}</option>`)}
          </select>
        </label>
        ${doing('snooze', 'Snooze')} ${life.snoozedUntil !== undefined && doing('wake', 'Wake')}
      </div>`
    }
  </form>`;
}

function doing(what: string, label: string, key = ''): Html {
  return html`<button
    class="button"
    type="submit"
    name="do"
    value="${what}"
    ${key !== '' && html`data-key="${key}"`}
  >
    ${label}
  </button>`;
}

function historyList({ lines, next }: HistoryPage, id: string): Html {
  return html`<h3>History</h3>
    ${
      lines.length === 0
        ? html`<p class="hint">
            Nobody has touched it yet. Each change stands here, with who made it and when.
          </p>`
        : historyLines(lines)
    }
    ${next !== undefined && html`<p><a href="/v1/alerts/${id}/history?limit=500">Older lines, as JSON</a></p>`}`;
}

function historyLines(lines: readonly StoredHistoryLine[]): Html {
  return html`<ol class="history">
    ${lines.map(
      ({ time, action, by, via, detail }) =>
        html`<li>
          <p><b>${action}</b> by ${by} <small>${absoluteTime(time)}, ${via}</small></p>
          <p class="${action === 'comment' ? 'comment' : ''}">${detail}</p>
        </li>`,
    )}
  </ol>`;
}

/** The findings that joined: the earliest and the latest that are kept in short. */
export function occurrencesCard({ occurrences }: Alert): Html | undefined {
  if (occurrences === undefined) return undefined;
  const { count, samples } = occurrences;
  const more = count - samples.length;
  return html`<section class="card" id="findings">
    <h2>Findings</h2>
    ${
      more > 0 &&
      html`<p class="hint">
        The first and the latest; ${more === 1 ? '1 more is' : `${more} more are`} counted.
      </p>`
    }
    <ol class="events">
      ${samples.toReversed().map(
        ({ time, title, who, result, origin, target }) =>
          html`<li>
            <p>${absoluteTime(time)} ${title}</p>
            <p>
              <small
                >${who} from
                ${originWords(origin)}${target !== undefined && html` on ${target}`}${result !== 'unknown' && html`, ${result}`}</small
              >
            </p>
          </li>`,
      )}
    </ol>
  </section>`;
}
