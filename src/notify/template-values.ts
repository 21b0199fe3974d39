import type { Alert } from '../alert/alert.ts';
import { line, lines } from './safe-text.ts';
import {
  callWords,
  lookupWords,
  warningWords,
  originWords,
  personWords,
  placeWords,
  severityLook,
  titleOf,
  utc,
} from './words.ts';

export interface TemplateValue {
  readonly name: string;
  /** A list is written with a section, in which `{{.}}` is each of its texts. */
  readonly kind: 'text' | 'list';
  readonly description: string;
  readonly read: (alert: Alert, link: string | undefined) => string | readonly string[] | undefined;
}

function text(name: string, description: string, read: TemplateValue['read']): TemplateValue {
  return { name, kind: 'text', description, read };
}

function list(name: string, description: string, read: (alert: Alert) => readonly string[]): TemplateValue {
  return { name, kind: 'list', description, read };
}

/** What a template can name. Every text comes on one line, visible, of limited length, and is then escaped for its target. */
export const templateValues: readonly TemplateValue[] = [
  text('title', 'one sentence that says what happened', (alert) => titleOf(alert)),
  text('severity', 'such as critical', ({ severity }) => severity),
  text('severityWord', 'the same for reading: CRITICAL', ({ severity }) => severityLook[severity].word),
  text('emoji', 'a coloured dot for the severity', ({ severity }) => severityLook[severity].emoji),
  text('id', 'id of the alert', ({ id }) => id),
  text('link', 'page of the alert; empty where server.publicUrl is not set', (_alert, link) => link),
  text('rule', 'title of the rule', ({ rule }) => rule.title),
  text('ruleId', 'id of the rule', ({ rule }) => rule.id),
  text('description', "the rule's own description", ({ description }) => description),
  text('time', 'when it happened', ({ time }) => utc(time)),
  text('account', 'id of the account', ({ where }) => where.account),
  text('accountName', 'what the configuration calls it', ({ where }) => where.accountName),
  text('region', 'the AWS region', ({ where }) => where.region),
  text('place', 'account and region in words', ({ where }) => placeWords(where)),
  text('who', 'who did it', ({ who }) => who.name),
  text('whoArn', 'ARN of who did it', ({ who }) => who.arn),
  text('person', 'the person behind it, where the configuration knows one', ({ who }) =>
    who.person === undefined ? undefined : personWords(who.person),
  ),
  text('from', 'where the call came from', ({ where }) => originWords(where.origin, where.place)),
  text('userAgent', 'the program that made the call, as it says', ({ where }) => where.userAgent),
  text('service', 'the service that was called', ({ what }) => what.service),
  text('action', 'the call', ({ what }) => what.action),
  text('call', 'service, call and result in words', ({ what }) => callWords(what)),
  text(
    'several',
    'what was found, where several events made the alert',
    ({ correlation }) => correlation?.summary,
  ),
  text(
    'because',
    'why this channel is told, where it is an escalation or a fallback',
    (alert) => alert.toldBecause,
  ),
  text('news', 'why people are told of the alert again; empty at first', ({ news }) => news?.sentence),
  list('targets', 'names of what the call was about', ({ what }) => what.targets.map(({ name }) => name)),
  list('facts', 'what the event means', ({ facts }) => facts.map(({ explanation }) => explanation)),
  list('unknowns', 'what the event alone cannot tell', ({ facts }) =>
    facts.flatMap(({ unknowns }) => unknowns),
  ),
  list('warnings', 'what feeds of indicators warn of in it', ({ context }) =>
    (context?.warnings ?? []).map(warningWords),
  ),
  list('lookups', 'what others said of addresses, domains and files that it names', ({ context }) =>
    (context?.lookups ?? []).map(lookupWords),
  ),
  list('steps', 'what to do first', ({ response }) => lines(response, { lines: 10, length: 600 })),
  list('techniques', 'ATT&CK techniques', ({ techniques }) =>
    techniques.map(({ id, name }) => `${id} ${name}`),
  ),
  list('changes', "why the severity is not the rule's own", ({ severityChanges = [] }) => severityChanges),
];

/** How long a list may be. */
const mostItems = 10;

export type TemplateView = Readonly<Record<string, string | readonly string[]>>;

/** The values of one alert, each text at most `max` long. */
export function templateView(alert: Alert, link: string | undefined, max: number): TemplateView {
  // Without a prototype, so that no name leads anywhere but into it.
  const view = Object.create(null) as Record<string, string | readonly string[]>;
  for (const { name, read } of templateValues) {
    const value = read(alert, link) ?? '';
    if (typeof value !== 'string') view[name] = value.slice(0, mostItems).map((one) => line(one, max));
    // Ours, and of no use when cut.
    else view[name] = name === 'link' ? value : line(value, max);
  }
  return view;
}
