import type { Event } from '../../event/event.ts';
import type { Exposure } from '../exposure.ts';
import type { Audience, Fact } from '../fact.ts';
import { codeOf, isAttempt } from '../gate.ts';
import type { Known } from '../known.ts';
import { listed, quote } from '../sentence.ts';
import { openingsOf } from './opening.ts';
import type { Opening, SourceKind } from './opening.ts';
import type { Permission } from './permission.ts';
import { meaningOf } from './traffic.ts';

/** Rules that filter traffic to or from a thing, and what a call did to them. */
export interface RuleChange {
  readonly event: Event;
  readonly known: Known;
  readonly permissions: readonly Permission[];
  readonly effect: 'opened' | 'closed';
  /** `unknown` where the record doesn't say whether the rules are inbound. */
  readonly direction: 'ingress' | 'egress' | 'unknown';
  /** `AWS::EC2::SecurityGroup` */
  readonly resourceType: string;
  /** Its id, or its name where the record has no id. */
  readonly resource: string;
  /** As the beginning of a sentence: "security group `sg-1`". */
  readonly spoken: string;
  /** Where the rules are inbound, what the record can't tell about who gets through all the same. */
  readonly behind: readonly string[];
  /** True where what closes is a rule that denies, and not the end of one that allowed. */
  readonly denies?: boolean;
}

const audiences: Readonly<Record<SourceKind, Audience>> = {
  internet: 'public',
  wide: 'network',
  narrow: 'network',
  private: 'network',
  'foreign-group': 'external-account',
  'known-group': 'known-account',
  'own-group': 'own-account',
  'prefix-list': 'unknown',
  unreadable: 'unknown',
};

// The first half of `allows`: who. The kinds of source that one audience has are told apart here.
const labels: Readonly<Record<SourceKind, string>> = {
  internet: 'public',
  wide: 'wide',
  narrow: 'network',
  private: 'private',
  'foreign-group': 'external-account',
  'known-group': 'known-account',
  'own-group': 'own-account',
  'prefix-list': 'unknown',
  unreadable: 'unknown',
};

const inside: ReadonlySet<SourceKind> = new Set(['private', 'own-group']);

const unknownDirection =
  'whether the rule is inbound or outbound: DescribeSecurityGroupRules, or the name of the rule, would tell';
const unknownList = 'which addresses the prefix list holds: GetManagedPrefixListEntries would tell';
const unknownOutcome = 'whether the call succeeded: the record does not say';

/** What a change of rules means for who can reach what is behind them: one fact for each kind of source. Fields: exposure-fields.ts. */
export function exposuresOfRules(change: RuleChange): readonly Fact[] {
  return openingsOf(change.permissions, change.event.account, change.known).map((opening) =>
    factOf(change, opening),
  );
}

function factOf(change: RuleChange, opening: Opening): Fact {
  const { event, direction, effect } = change;
  const attempted = isAttempt(event);
  const { source, share } = opening;
  const audience = audiences[source];
  const meaning = meaningOf(opening.traffic);
  const isOpen = effect === 'opened' && !attempted && direction !== 'egress' && !inside.has(source);
  const verdict: Exposure['verdict'] = isOpen ? 'unknown' : 'none';
  const allowed = [...meaning.classes, ...meaning.services];
  return {
    subject: 'exposure',
    explanation: sentenceOf(change, opening, meaning.ports, attempted),
    unknowns: attempted ? [] : unknownsOf(change, source, isOpen),
    fields: {
      audience,
      access: [],
      allows: allowed.map((what) => `${labels[source]}:${what}`),
      change: attempted ? 'unchanged' : effect,
      verdict,
      attempted,
      via: 'network-rule',
      resource_type: change.resourceType,
      resource: change.resource,
      resource_name: change.resource,
      scope: [],
      principals: [],
      accounts: opening.accounts,
      organisations: [],
      actions: [],
      conditions: [],
      confused_deputy: false,
      direction,
      source,
      sources: opening.sources,
      internet_share: Math.round(share * 10_000) / 10_000,
      ports: meaning.ports,
      public_ports: source === 'internet' ? meaning.ports : [],
      port_classes: meaning.classes,
      services: meaning.services,
    },
  };
}

function unknownsOf(change: RuleChange, source: SourceKind, isOpen: boolean): readonly string[] {
  const unknowns: string[] = [];
  if (change.event.outcome.result === 'unknown') unknowns.push(unknownOutcome);
  if (change.direction === 'unknown') unknowns.push(unknownDirection);
  if (source === 'prefix-list' && change.effect === 'opened') unknowns.push(unknownList);
  return isOpen ? [...unknowns, ...change.behind] : unknowns;
}

function sentenceOf(
  { event, effect, direction, spoken, denies }: RuleChange,
  opening: Opening,
  ports: readonly string[],
  attempted: boolean,
): string {
  const who = spokenSource(opening);
  const what = listed(ports);
  const way =
    direction === 'ingress'
      ? `lets in ${who} on ${what}`
      : direction === 'egress'
        ? `lets traffic out to ${who} on ${what}`
        : `lets ${who} through on ${what}, inbound or outbound`;
  const sentence =
    denies === true
      ? `${spoken} now has a rule that keeps out ${who} on ${what}${direction === 'egress' ? ', outbound' : ''}`
      : `${spoken} ${effect === 'opened' ? 'now' : 'no longer has the rule that'} ${way}`;
  return attempted ? `tried this, but the call failed${codeOf(event)}: ${sentence}` : sentence;
}

function spokenSource({ source, sources, accounts, share }: Opening): string {
  const names = listed(sources.map(quote));
  switch (source) {
    case 'internet':
      return share > 0.99
        ? 'anyone on the internet'
        : `anyone in ${percent(share)} of the internet (${names})`;
    case 'wide':
      return `anyone in ${percent(share)} of the internet (${names})`;
    case 'narrow':
      return `the address${sources.length > 1 ? 'es' : ''} ${names}`;
    case 'private':
      return `addresses that are not on the internet (${names})`;
    case 'foreign-group':
      return `members of the security group ${names} of the outside AWS account ${listed(accounts.map(quote))}`;
    case 'known-group':
      return `members of the security group ${names} of account ${listed(accounts.map(quote))}`;
    case 'own-group':
      return `members of the security group ${names}`;
    case 'prefix-list':
      return `whatever addresses are in the prefix list ${names}`;
    case 'unreadable':
      return `a source that cannot be read (${names})`;
  }
}

function percent(share: number): string {
  const number = share * 100;
  return number < 0.1 ? 'less than 0.1 %' : `${number < 10 ? number.toFixed(1) : Math.round(number)} %`;
}
