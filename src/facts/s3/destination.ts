import type { Event } from '../../event/event.ts';
import type { Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import type { GuardedResource } from '../gate.ts';
import { listed, quote } from '../sentence.ts';
import { transferFact } from '../transfer.ts';
import type { Transfer } from '../transfer.ts';
import { spokenWhose, whoseByDistance } from '../whose.ts';
import type { Whose } from '../whose.ts';
import { left, said } from './said.ts';

/** One place that data goes to by a call. */
export interface Destination {
  /** Bucket, topic, queue or function, as the request names it. */
  readonly name: string;
  readonly whose: Whose;
  readonly account: string | undefined;
  /** What goes there, as prefixes; empty for all. */
  readonly scope: readonly string[];
  readonly givesOwnership: boolean;
}

/** What goes somewhere by a call, in words: `its objects are copied`. */
export interface Shipment {
  readonly event: Event;
  readonly resource: GuardedResource;
  readonly kind: Transfer['kind'];
  readonly does: string;
  /** The call that shows where it goes now. */
  readonly shownBy: string;
}

/** One fact for each sort of owner that data goes to; what stays in its own account comes last. */
export function transfersOf(shipment: Shipment, destinations: readonly Destination[]): readonly Fact[] {
  return whoseByDistance.flatMap((whose) => {
    const theirs = destinations.filter((destination) => destination.whose === whose);
    return theirs.length === 0 ? [] : [factOf(shipment, whose, theirs)];
  });
}

function factOf(shipment: Shipment, whose: Whose, destinations: readonly Destination[]): Fact {
  const { event, resource, kind } = shipment;
  const names = unique(destinations.map((destination) => destination.name));
  const accounts = unique(destinations.flatMap(({ account }) => (account === undefined ? [] : [account])));
  const isWhole = destinations.some(({ scope }) => scope.length === 0);
  const scope = isWhole ? [] : unique(destinations.flatMap((destination) => destination.scope));
  const givesOwnership = destinations.some((destination) => destination.givesOwnership);
  const part = scope.length === 0 ? '' : ` (what is under ${listed(scope.map(quote))})`;
  const theirs = givesOwnership ? ', to whom the copies then belong' : '';
  const sentence = `${shipment.does}${part} to ${listed(names.map(quote))} ${spokenWhose(whose, accounts.length === 1 ? accounts[0] : undefined)}${accounts.length > 1 ? ` (${listed(accounts)})` : ''}${theirs}`;
  const unknowns =
    whose === 'unknown'
      ? [`whose ${listed(names.map(quote))} is: the list of your own buckets, or their owner, would tell`]
      : [];
  const attempted = isAttempt(event);
  const transfer: Transfer = {
    kind,
    change: attempted ? 'unchanged' : 'started',
    attempted,
    whose,
    accounts: whose === 'own-account' ? [] : accounts,
    destinations: names,
    scope,
    givesOwnership,
    ...idsOf(resource),
  };
  return transferFact(transfer, said(event, sentence), left(event, unknowns));
}

/** The fact that nothing goes anywhere any more by what the call set; or, with a reason, that this cannot be told. */
export function transferEnded(shipment: Shipment, sentence: string, unreadable = false): Fact {
  const { event, resource, kind } = shipment;
  const attempted = isAttempt(event);
  const transfer: Transfer = {
    kind,
    change: attempted ? 'unchanged' : unreadable ? 'unknown' : 'stopped',
    attempted,
    whose: 'unknown',
    accounts: [],
    destinations: [],
    scope: [],
    givesOwnership: false,
    ...idsOf(resource),
  };
  const unknowns = unreadable ? [`where it goes: ${shipment.shownBy} would tell`] : [];
  return transferFact(transfer, said(event, sentence), left(event, unknowns));
}

function idsOf(resource: GuardedResource): Pick<Transfer, 'resourceType' | 'resource' | 'resourceName'> {
  return { resourceType: resource.type, resource: resource.arn, resourceName: resource.name };
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
