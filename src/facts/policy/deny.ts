import { escapeFromDeny } from './limit.ts';
import type { Limit } from './limit.ts';
import type { Statement } from './document.ts';
import { accountOf, holds } from './principal.ts';
import type { Principal } from './principal.ts';

/** One way to get past a Deny. */
export interface Escape {
  /** Only this principal gets past it; undefined where `limit` says who does. */
  readonly who?: Principal;
  readonly limit?: Limit;
  readonly condition?: string;
  readonly doubt?: string;
}

/**
 * What a Deny leaves to a principal: `untouched` (all of it), `blocked` (nothing), or only those of the
 * principal's requests that take one of the escapes.
 */
export type DenyEffect =
  | { readonly type: 'untouched' }
  | { readonly type: 'blocked' }
  | { readonly type: 'escapes'; readonly escapes: readonly Escape[] };

const untouched: DenyEffect = { type: 'untouched' };

/** What `deny` leaves to `who`, on the actions and resources that it names. */
export function effectOfDeny(deny: Statement, who: Principal): DenyEffect {
  const escapes: Escape[] = [];
  if (deny.everyoneBut) {
    if (deny.principals.some((exception) => holds(exception, who))) return untouched;
    // An exception that can't be read may be anybody: nothing can be said to be denied.
    for (const exception of deny.principals) {
      if (exception.kind === 'unreadable') {
        escapes.push({ doubt: `whom a Deny makes an exception for: ${exception.text}` });
      } else if (holds(who, exception)) {
        escapes.push({ who: exception });
      }
    }
  } else if (!deny.principals.some((principal) => holds(principal, who))) {
    return untouched;
  }
  for (const test of deny.conditions) {
    const effect = escapeFromDeny(test);
    if (effect.type === 'open') return untouched;
    if (effect.type === 'undecided') {
      escapes.push({ doubt: effect.doubt });
      continue;
    }
    const condition = testTurned(test.text);
    const escape = escapeOf(effect.limit, who, condition);
    if (escape === 'untouched') return untouched;
    if (escape !== 'shut') escapes.push(escape);
  }
  return escapes.length === 0 ? { type: 'blocked' } : { type: 'escapes', escapes };
}

/** The condition of a Deny, said from the side of those who get past it. */
function testTurned(text: string): string {
  return text
    .replace(' is not like ', ' is like ')
    .replace(' is not in ', ' is in ')
    .replace(' is not ', ' is ')
    .replace(/ is absent: true$/, ' is present')
    .replace(/ is false( |$)/, ' is true$1')
    .replace(' (where the request has that key)', '');
}

/** Whether `who` can be among those that a limit lets past. */
function escapeOf(limit: Limit, who: Principal, condition: string): Escape | 'untouched' | 'shut' {
  if (who.kind === 'everyone') return { limit, condition };
  if (who.kind === 'service') {
    return limit.kind === 'source' || limit.kind === 'service' ? { limit, condition } : 'shut';
  }
  switch (limit.kind) {
    case 'accounts': {
      const account = accountOf(who);
      if (account === undefined || limit.accounts.includes('')) {
        return { limit, condition, doubt: `whether \`${who.text}\` gets past a Deny (${condition})` };
      }
      return limit.accounts.includes(account) ? { limit, condition } : 'shut';
    }
    case 'source':
    case 'service':
      return 'shut';
    case 'organisation':
    case 'unique-id':
      return { condition, doubt: `whether \`${who.text}\` gets past a Deny (${condition})` };
    case 'network':
    case 'authenticated':
      return { limit, condition };
  }
}
