import type { Alert, AlertFact } from '../alert/alert.ts';
import { lines, slackMarkdown, slackText } from './safe-text.ts';
import {
  actorDetail,
  attackWords,
  callWords,
  eventWords,
  evidencePlace,
  groupWords,
  originWords,
  personWords,
  periodWords,
  placeWords,
  severityLook,
  shownEvents,
  titleOf,
  utc,
} from './words.ts';

/**
 * An alert in Block Kit. Everything from the log stands in `rich_text` and `plain_text`, which know no markup, so that
 * there is nothing to escape and nothing to forget; only `text`, which notifications show, has to be escaped.
 *
 * Links are links in the text and not buttons: Slack reports every click on a button to the app, also on one that only
 * opens an address, and shows a warning sign to the reader when the app does not answer, as no webhook can.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */

type Style = { readonly bold?: true; readonly italic?: true; readonly code?: true };

export type RichTextElement =
  | { readonly type: 'text'; readonly text: string; readonly style?: Style }
  | { readonly type: 'link'; readonly url: string; readonly text: string; readonly style?: Style }
  | { readonly type: 'date'; readonly timestamp: number; readonly format: string; readonly fallback: string };

interface RichTextSection {
  readonly type: 'rich_text_section';
  readonly elements: readonly RichTextElement[];
}

interface RichTextList {
  readonly type: 'rich_text_list';
  readonly style: 'bullet';
  readonly elements: readonly RichTextSection[];
}

/** Text as it is, in a box of its own. */
interface RichTextPreformatted {
  readonly type: 'rich_text_preformatted';
  readonly elements: readonly RichTextElement[];
}

type RichTextPart = RichTextSection | RichTextList | RichTextPreformatted;

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  /** False, so that no `:word:` becomes a picture. */
  readonly emoji: false;
}

type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] }
  | { readonly type: 'rich_text'; readonly elements: readonly RichTextPart[] };

export interface SlackMessage {
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly attachments: readonly { readonly color: string; readonly blocks: readonly Block[] }[];
  readonly mrkdwn: false;
  readonly parse: 'none';
  readonly link_names: false;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

/** The part of the console's alert page that holds the raw event. */
export const rawEventAnchor = 'raw-event';

/** Slack's own limits are 150 for a header and 3000 for an address; the others keep a message readable, and far from the size of the whole that Slack refuses. */
const limits = {
  header: 150,
  url: 3000,
  title: 600,
  value: 300,
  fact: 500,
  unknown: 250,
  description: 600,
  context: 300,
  facts: 4,
  diff: 10,
  diffLine: 160,
  unknowns: 3,
  targets: 3,
  events: 5,
  event: 180,
  steps: 6,
  chain: 5,
  person: 120,
  changes: 3,
} as const;

/** The whole message for one alert; `link` is the alert's page in the console. */
export function slackMessage(alert: Alert, link: string | undefined): SlackMessage {
  const look = severityLook[alert.severity];
  const headline = `${look.emoji} ${look.word}  `;
  const rawTitle = titleOf(alert);
  const title = slackText(rawTitle, limits.title);
  const headerRoom = limits.header - headline.length;
  const links = linkLine(link, alert.correlation === undefined ? 'Raw event' : 'Events');
  return {
    text: `${look.emoji} ${look.word}: ${slackMarkdown(rawTitle, limits.title)} (${slackMarkdown(placeWords(alert.where), limits.value)})`,
    blocks: [
      { type: 'header', text: plain(headline + slackText(rawTitle, headerRoom)) },
      ...(links === undefined ? [] : [links]),
    ],
    attachments: [
      {
        color: look.colour,
        blocks: [
          paragraph(factLines(alert, title.length > headerRoom ? title : undefined)),
          ...severalEvents(alert),
          ...meaning(alert),
          ...firstSteps(alert),
          footer(alert),
        ],
      },
    ],
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

/** Who, from where, when, in which account, by which call. */
function factLines(alert: Alert, fullTitle: string | undefined): readonly (readonly RichTextElement[])[] {
  const { who, what, where } = alert;
  const behind = slackText(who.chain.slice(0, limits.chain).join(' → '), limits.value);
  const targets = what.targets.slice(0, limits.targets).map(({ name }) => slackText(name, limits.value));
  const more =
    what.targets.length > limits.targets ? ` and ${what.targets.length - limits.targets} more` : '';
  const key = who.accessKeyId === undefined ? '' : `, key ${slackText(who.accessKeyId, 40)}`;
  const person = who.person === undefined ? '' : `${slackText(personWords(who.person), limits.person)} as `;
  return [
    ...(fullTitle === undefined ? [] : [[textElement(fullTitle, { bold: true })]]),
    labelled(
      'Who',
      `${person}${slackText(who.name, limits.value)} (${actorDetail(who)}${key})${behind === '' ? '' : `, behind it ${behind}`}`,
    ),
    labelled('From', slackText(originWords(where.origin, where.place), limits.value)),
    [textElement('When  ', { bold: true }), ...moment(alert.time)],
    labelled('Where', slackText(placeWords(where), limits.value)),
    labelled('Call', slackText(callWords(what), limits.value)),
    ...(targets.length === 0 ? [] : [labelled('On', targets.join(', ') + more)]),
    ...(alert.severityChanges ?? [])
      .slice(0, limits.changes)
      .map((text) => labelled('Severity', slackText(text, limits.value))),
  ];
}

/** The reader's own clock first, as everybody thinks in it; UTC beside it, as logs are written in it. */
function moment(time: number): readonly RichTextElement[] {
  const fallback = utc(time);
  const timestamp = Math.floor(time / 1000);
  if (fallback === 'unknown time' || timestamp < 0) return [textElement(fallback)];
  return [
    { type: 'date', timestamp, format: '{date_short_pretty} at {time_secs}', fallback },
    textElement(` (${fallback})`),
  ];
}

/** What several events have in common, and the newest of them. */
function severalEvents({ correlation }: Alert): readonly Block[] {
  if (correlation === undefined) return [];
  const { before, events } = shownEvents(correlation, limits.events);
  const group = groupWords(correlation);
  const items = [
    ...(before > 0 ? [`${before} before these`] : []),
    ...events.map((event) => slackText(eventWords(event), limits.event)),
  ];
  return [
    paragraph([
      labelled('Found', slackText(correlation.summary, limits.value)),
      labelled('Period', slackText(periodWords(correlation), limits.value)),
      ...(group === '' ? [] : [labelled('Where all', slackText(group, limits.value))]),
    ]),
    titledList(
      'Events',
      items.map((item) => section([textElement(item)])),
    ),
  ];
}

/** The facts, or the rule's description where there is no fact. */
function meaning(alert: Alert): readonly Block[] {
  if (alert.facts.length === 0) {
    const description = slackText(alert.description, limits.description);
    return description === '' ? [] : [paragraph([labelled('Why', description)])];
  }
  const parts: RichTextPart[] = [];
  let items: RichTextSection[] = [];
  // What several events have in common takes the room of what one changed.
  let left: number = alert.correlation === undefined ? limits.diff : 0;
  const endList = (): void => {
    if (items.length > 0) parts.push({ type: 'rich_text_list', style: 'bullet', elements: items });
    items = [];
  };
  for (const { explanation, unknowns, diff = [] } of alert.facts.slice(0, limits.facts)) {
    items.push(
      section(withCode(slackText(explanation, limits.fact))),
      ...unknowns
        .slice(0, limits.unknowns)
        .map((unknown) =>
          section([textElement(`Unknown: ${slackText(unknown, limits.unknown)}`, { italic: true })]),
        ),
    );
    if (diff.length === 0 || left === 0) continue;
    // A box cannot stand in a list: the list ends and goes on below it.
    endList();
    parts.push({ type: 'rich_text_preformatted', elements: diffElements(diff, left) });
    left = Math.max(0, left - diff.length);
  }
  endList();
  return [
    {
      type: 'rich_text',
      elements: [section([textElement('What it means', { bold: true })]), ...parts],
    },
  ];
}

/** Slack breaks lines only where a line break stands. */
function diffElements(diff: NonNullable<AlertFact['diff']>, most: number): readonly RichTextElement[] {
  const lines = diff.slice(0, most).map(({ sign, text }) => `${sign} ${slackText(text, limits.diffLine)}`);
  const more = diff.length - lines.length;
  if (more > 0) lines.push(`  and ${more} more lines`);
  return lines.flatMap((text, index) => [...(index === 0 ? [] : [textElement('\n')]), textElement(text)]);
}

function firstSteps(alert: Alert): readonly Block[] {
  const steps = slackLines(alert.response);
  return steps.length === 0
    ? []
    : [
        titledList(
          'Do first',
          steps.map((step) => section([textElement(step)])),
        ),
      ];
}

/** What a person needs to find the same thing elsewhere; small and grey in Slack. */
function footer(alert: Alert): Block {
  const attack = attackWords(alert);
  const parts = [
    attack === '' ? undefined : `MITRE ${attack}`,
    `Rule: ${alert.rule.title}`,
    `${alert.correlation === undefined ? 'Event' : 'Last event'} ${alert.evidence.eventId}`,
    `In ${evidencePlace(alert.evidence)}`,
    `Alert ${alert.id}`,
  ];
  const shown = parts.flatMap((part) => (part === undefined ? [] : [slackText(part, limits.context)]));
  return { type: 'context', elements: shown.map(plain) };
}

/** Links to the alert and to its raw event, or its events; undefined where the console's public address is not known. */
function linkLine(link: string | undefined, events: string): Block | undefined {
  const url = link === undefined ? null : URL.parse(link);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  const page = url.href;
  url.hash = rawEventAnchor;
  if (url.href.length > limits.url) return undefined;
  return paragraph([
    [
      { type: 'link', url: page, text: 'Open the alert', style: { bold: true } },
      textElement('   ·   '),
      { type: 'link', url: url.href, text: events, style: { bold: true } },
    ],
  ]);
}

function slackLines(text: string): readonly string[] {
  return lines(text, { lines: limits.steps, length: limits.value }).map((step) =>
    slackText(step.replace(/^(?:[-*•]|\d{1,2}[.)])\s+/, ''), limits.value),
  );
}

function plain(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

function textElement(text: string, style?: Style): RichTextElement {
  return style === undefined ? { type: 'text', text } : { type: 'text', text, style };
}

/** Names that a fact puts between backticks, shown as code; without a partner a backtick is only a backtick. */
function withCode(text: string): readonly RichTextElement[] {
  const parts = text.split(/`([^`]+)`/);
  return parts.flatMap((part, index) => {
    if (part === '') return [];
    return [textElement(part, index % 2 === 1 ? { code: true } : undefined)];
  });
}

function labelled(label: string, value: string): readonly RichTextElement[] {
  return [textElement(`${label}  `, { bold: true }), textElement(value === '' ? 'unknown' : value)];
}

function section(elements: readonly RichTextElement[]): RichTextSection {
  return { type: 'rich_text_section', elements };
}

/** Lines of one section; Slack puts no line break between sections by itself. */
function paragraph(rows: readonly (readonly RichTextElement[])[]): Block {
  const elements = rows.flatMap((row, index) => (index === 0 ? row : [textElement('\n'), ...row]));
  return { type: 'rich_text', elements: [section(elements)] };
}

function titledList(title: string, items: readonly RichTextSection[]): Block {
  return {
    type: 'rich_text',
    elements: [
      section([textElement(title, { bold: true })]),
      { type: 'rich_text_list', style: 'bullet', elements: items },
    ],
  };
}
