import type { Alert } from './alert.ts';
import type { Status, Lifecycle } from './alert-life.ts';

const untouched: Lifecycle = { status: 'open', revision: 0, since: 0, by: '' };

export function lifecycleOf({ lifecycle }: Pick<Alert, 'lifecycle'>): Lifecycle {
  return lifecycle ?? untouched;
}

/** Whether people have done with it. */
export function isClosed({ status }: Pick<Lifecycle, 'status'>): boolean {
  return status === 'resolved' || status === 'false-positive';
}

/** What a person, or Tocsin itself, does to an alert. */
export type LifecycleChange =
  /** `reason` must be given for a false positive. */
  | { readonly type: 'status'; readonly status: Status; readonly reason?: string | undefined }
  /** Nobody's, where `assignee` is left out. */
  | { readonly type: 'assign'; readonly assignee?: string | undefined }
  | { readonly type: 'comment'; readonly text: string }
  /** `until` in milliseconds since the epoch. */
  | { readonly type: 'snooze'; readonly until: number; readonly reason?: string | undefined }
  /** Ends a snooze. */
  | { readonly type: 'wake' };

/** One line of an alert's history. The first five are changes; `raise` and `reopen` are what new evidence led to. */
export const historyActions = ['status', 'assign', 'comment', 'snooze', 'wake', 'raise', 'reopen'] as const;

export type HistoryAction = (typeof historyActions)[number];

export interface HistoryLine {
  readonly action: HistoryAction;
  /** One sentence, or the comment. Comments and names are as hostile as the log. */
  readonly detail: string;
}

export type Changed =
  | { readonly type: 'changed'; readonly alert: Alert; readonly line: HistoryLine }
  /** It is so already. */
  | { readonly type: 'unchanged' }
  | { readonly type: 'refused'; readonly reason: string };

const longestText = 4_000;
const longestName = 200;
const longestSnooze = 366 * 86_400_000;

/** Whether nobody is at it any more: it is open again, or its snooze is over. */
export function isOpenAgain(before: Alert, after: Alert): boolean {
  const [was, is] = [lifecycleOf(before), lifecycleOf(after)];
  if (is.status !== 'open' || is.snoozedUntil !== undefined) return false;
  return was.status !== 'open' || was.snoozedUntil !== undefined;
}

/**
 * An alert after a change.
 * @param now milliseconds since the epoch
 */
export function changeAlert(alert: Alert, change: LifecycleChange, by: string, now: number): Changed {
  const life = lifecycleOf(alert);
  const refusal = refusalOf(change, now);
  if (refusal !== undefined) return { type: 'refused', reason: refusal };
  const next = (lifecycle: Partial<Lifecycle>, line: HistoryLine): Changed => ({
    type: 'changed',
    alert: { ...alert, lifecycle: { ...life, ...lifecycle, revision: life.revision + 1 } },
    line,
  });
  switch (change.type) {
    case 'status': {
      const { status, reason } = change;
      if (status === life.status) return { type: 'unchanged' };
      return next(
        // What is over needs no waking.
        { status, since: now, by, reason, ...(isClosed(change) && { snoozedUntil: undefined }) },
        { action: 'status', detail: because(`from ${life.status} to ${status}`, reason) },
      );
    }
    case 'assign': {
      const { assignee } = change;
      if (assignee === life.assignee) return { type: 'unchanged' };
      return next(
        { assignee },
        { action: 'assign', detail: assignee === undefined ? "nobody's now" : `to ${assignee}` },
      );
    }
    case 'comment':
      return next({}, { action: 'comment', detail: change.text });
    case 'snooze':
      if (isClosed(life))
        return { type: 'refused', reason: `it is ${life.status}: nobody is told of it; open it again first` };
      if (change.until === life.snoozedUntil) return { type: 'unchanged' };
      return next(
        { snoozedUntil: change.until },
        {
          action: 'snooze',
          detail: because(`until ${new Date(change.until).toISOString()}`, change.reason),
        },
      );
    case 'wake':
      if (life.snoozedUntil === undefined) return { type: 'unchanged' };
      return next({ snoozedUntil: undefined }, { action: 'wake', detail: 'snoozed no longer' });
    default:
      return change satisfies never;
  }
}

function refusalOf(change: LifecycleChange, now: number): string | undefined {
  switch (change.type) {
    case 'status':
      if (change.status === 'false-positive' && (change.reason ?? '').trim() === '')
        return 'a false positive needs a reason: it tells whoever mends the rule what is wrong with it';
      return tooLong('reason', change.reason, longestText);
    case 'assign':
      if (change.assignee?.trim() === '')
        return 'assignee: must name somebody; leave it out to make it nobody’s';
      return tooLong('assignee', change.assignee, longestName);
    case 'comment':
      return change.text.trim() === ''
        ? 'text: a comment must say something'
        : tooLong('text', change.text, longestText);
    case 'snooze':
      if (!Number.isFinite(change.until) || change.until <= now)
        return 'until: must be a time in the future, in milliseconds since the epoch';
      if (change.until - now > longestSnooze)
        return 'until: is more than a year away; make an exception for what is never to be told';
      return tooLong('reason', change.reason, longestText);
    case 'wake':
      return undefined;
    default:
      return change satisfies never;
  }
}

function tooLong(what: string, text: string | undefined, most: number): string | undefined {
  return text !== undefined && text.length > most
    ? `${what}: has ${text.length} characters; ${most} are the most`
    : undefined;
}

function because(what: string, reason: string | undefined): string {
  return reason === undefined || reason.trim() === '' ? what : `${what}: ${reason}`;
}
