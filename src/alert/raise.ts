import { usualSentence } from '../context/usual/usual.ts';
import type { Actor } from '../event/event.ts';
import type { Fact } from '../facts/fact.ts';
import type { RuleHeader } from '../sigma/rule.ts';
import type { Alert, AlertFact } from './alert.ts';
import { alertPerson } from './alert-person.ts';
import type { Subject } from './finding.ts';
import { compileHeadline, type Headline } from './headline.ts';
import { alertId } from './identity.ts';
import { headerPart, headlineOf, type HeaderPart } from './rule-header.ts';

/** What an alert takes from its rule, worked out once for each rule. */
interface RulePart extends HeaderPart {
  readonly headline: Headline<Subject>;
}

/** What an alert is made of: an event, and the header of the rule that it made match. */
export interface Raised {
  readonly rule: RuleHeader;
  readonly subject: Subject;
}

/** Makes a function that turns findings into alerts. It keeps what it has worked out for each rule, nothing of events. */
export function alertRaiser(): (finding: Raised, decidedAt: number) => Alert {
  const parts = new WeakMap<RuleHeader, RulePart>();
  return (finding, decidedAt) => {
    let part = parts.get(finding.rule);
    if (part === undefined) {
      part = rulePart(finding.rule);
      parts.set(finding.rule, part);
    }
    return raise(finding, part, decidedAt);
  };
}

function rulePart(rule: RuleHeader): RulePart {
  return { headline: compileHeadline(headlineOf(rule)), ...headerPart(rule) };
}

function raise({ rule, subject }: Raised, part: RulePart, decidedAt: number): Alert {
  const { event, facts, warnings } = subject;
  const { actor, outcome, client } = event;
  const alert: Alert = {
    id: alertId(rule.id, [], event.id),
    rule: { id: rule.id, title: rule.title },
    severity: rule.level,
    title: part.headline.render(subject),
    description: rule.description,
    response: part.response,
    time: event.time,
    receivedAt: event.provenance.receivedAt,
    decidedAt,
    who: {
      kind: actor.kind,
      name: actor.name,
      arn: actor.arn,
      account: actor.account,
      accessKeyId: actor.accessKeyId,
      mfa: actor.mfa,
      person: alertPerson(subject.person.known),
      chain: chainOf(actor),
    },
    what: {
      kind: event.kind,
      service: event.service,
      action: event.action,
      result: outcome.result,
      reason: outcome.reason ?? outcome.code,
      targets: event.targets,
    },
    where: {
      account: event.account,
      region: event.region,
      origin: client.origin,
      place: subject.place,
      userAgent: client.userAgent,
    },
    tactics: part.tactics,
    techniques: part.techniques,
    facts: facts.length === 0 ? unlikeBefore(subject) : [...facts.map(alertFact), ...unlikeBefore(subject)],
    falsePositives: rule.falsePositives,
    references: rule.references,
    evidence: { eventId: event.id, provenance: event.provenance, fields: event.fields },
  };
  if (warnings.length === 0) return alert;
  const { evidence, ...rest } = alert;
  return { ...rest, context: { warnings }, evidence };
}

/** The role of `role/session` is already told by the name. */
function chainOf({ name: own, chain }: Actor): readonly string[] {
  const names: string[] = [];
  for (const { name } of chain) if (!own.startsWith(name) || own[name.length] !== '/') names.push(name);
  return names;
}

function alertFact({ explanation, unknowns, diff = [] }: Fact): AlertFact {
  return diff.length === 0 ? { explanation, unknowns } : { explanation, unknowns, diff };
}

function unlikeBefore({ usual, place }: Subject): readonly AlertFact[] {
  const explanation = usual && usualSentence(usual, place);
  return explanation === undefined ? [] : [{ explanation, unknowns: [] }];
}
