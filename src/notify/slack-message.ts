import type { Alert } from '../alert/alert.ts';
import { isClosed } from '../alert/lifecycle.ts';
import { raisedStanding, type Standing } from '../alert/standing.ts';
import { statusLine } from './change-words.ts';
import { slackEscape, slackMarkdown, slackText } from './safe-text.ts';
import { alertSections, codeRuns, type AlertSections, type FactSection, type Row } from './sections.ts';
import { slackButtons, type SlackButtons } from './slack-buttons.ts';
import type { Wording } from './template.ts';
import { placeWords, titleOf } from './words.ts';

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
  | {
      readonly type: 'section';
      /** Verbatim, so that no address and no name in it becomes a link by itself. */
      readonly text: { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
    }
  | { readonly type: 'context'; readonly elements: readonly PlainText[] }
  | { readonly type: 'rich_text'; readonly elements: readonly RichTextPart[] }
  | SlackButtons;

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

/** Slack's own limit for a header is 150; that for all texts of the blocks it does not document, and refuses what has somewhat more than 13,000 characters. */
const limits = { header: 150, text: 600, place: 300, blocks: 13_000, section: 3_000 } as const;

export interface SlackMessageOptions {
  /** How the alert stands; as it was raised, where left out. */
  readonly standing?: Standing | undefined;
  /** Whether clicks on buttons reach this server. */
  readonly withButtons?: boolean | undefined;
  readonly wording?: Wording | undefined;
}

/** The whole message for one alert; `link` is the alert's page in the console. */
export function slackMessage(
  alert: Alert,
  link: string | undefined,
  { standing, withButtons = false, wording }: SlackMessageOptions = {},
): SlackMessage {
  const sections = alertSections(alert, link);
  const { links } = sections;
  const look = standing === undefined || !isClosed(standing) ? sections.look : overLook;
  const headline = `${look.emoji} ${look.word}  `;
  const state = standing === undefined ? [] : standingRows(alert, standing);
  const title = slackEscape(sections.title);
  const headerRoom = limits.header - headline.length;
  const fullTitle = title.length > headerRoom ? [[textElement(title, { bold: true })]] : [];
  const head: readonly Block[] = [
    { type: 'header', text: plain(headline + slackText(sections.title, headerRoom)) },
    ...(state.length === 0 ? [] : [paragraph(state.map(labelled))]),
    ...(links.length === 0 ? [] : [linkLine(links)]),
    ...(withButtons ? [slackButtons(alert.id, standing?.status ?? 'open')] : []),
  ];
  const own = wording?.((shown) => slackMarkdown(shown, limits.text), limits.section);
  const first: Block =
    own === undefined
      ? paragraph([...fullTitle, ...sections.rows.map(labelled)])
      : { type: 'section', text: { type: 'mrkdwn', text: own, verbatim: true } };
  const footer: Block = {
    type: 'context',
    elements: sections.footer.map((text) => plain(slackEscape(text))),
  };
  const rest =
    own === undefined ? [...severalEvents(sections), ...meaning(sections), ...firstSteps(sections)] : [];
  // With what is known by now, the longest messages are longer than Slack takes: what comes last goes.
  while (rest.length > 0 && textLength([head, first, rest, footer]) > limits.blocks) rest.pop();
  return {
    text: `${look.emoji} ${look.word}: ${slackMarkdown(titleOf(alert), limits.text)} (${slackMarkdown(placeWords(alert.where), limits.place)})`,
    blocks: head,
    attachments: [{ color: look.colour, blocks: [first, ...rest, footer] }],
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

function textLength(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + textLength(each), 0);
}

/** For what nobody has to look at any more. */
const overLook = { emoji: '☑️', word: 'DONE', colour: '#8b95a1' } as const;

/** What is not as it was when the alert was raised. */
function standingRows(alert: Alert, standing: Standing): readonly Row[] {
  const { count } = raisedStanding(alert);
  return [
    ...(standing.status === 'open' && standing.by === undefined
      ? []
      : [{ label: 'Status', value: statusLine(standing) }]),
    ...(standing.count === count ? [] : [{ label: 'Happened', value: `${standing.count} times` }]),
  ];
}

/** What has changed, for a reply to the message about the alert. */
export function slackReply(
  sentences: readonly string[],
): Pick<SlackMessage, 'text' | 'blocks' | 'parse' | 'link_names' | 'unfurl_links' | 'unfurl_media'> {
  return {
    text: sentences.map((sentence) => slackMarkdown(sentence, limits.text)).join(' '),
    blocks: [paragraph(sentences.map((sentence) => [textElement(slackEscape(sentence))]))],
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

function labelled({ label, value, time }: Row): readonly RichTextElement[] {
  const name = textElement(`${label}  `, { bold: true });
  if (time === undefined) return [name, textElement(slackEscape(value))];
  // The reader's own clock first, as everybody thinks in it; UTC beside it, as logs are written in it.
  const timestamp = Math.floor(time / 1000);
  return [
    name,
    { type: 'date', timestamp, format: '{date_short_pretty} at {time_secs}', fallback: value },
    textElement(` (${value})`),
  ];
}

function severalEvents({ several }: AlertSections): readonly Block[] {
  return several === undefined
    ? []
    : [paragraph(several.rows.map(labelled)), titledList('Events', several.events)];
}

/** The facts, or the rule's description where there is no fact. */
function meaning({ facts, why }: AlertSections): readonly Block[] {
  if (facts.length === 0) return why === '' ? [] : [paragraph([labelled({ label: 'Why', value: why })])];
  const parts: RichTextPart[] = [];
  let items: RichTextSection[] = [];
  const endList = (): void => {
    if (items.length > 0) parts.push({ type: 'rich_text_list', style: 'bullet', elements: items });
    items = [];
  };
  for (const fact of facts) {
    items.push(...factItems(fact));
    if (fact.diff.length === 0) continue;
    // A box cannot stand in a list: the list ends and goes on below it.
    endList();
    parts.push({ type: 'rich_text_preformatted', elements: diffElements(fact.diff) });
  }
  endList();
  return [
    {
      type: 'rich_text',
      elements: [section([textElement('What it means', { bold: true })]), ...parts],
    },
  ];
}

function factItems({ explanation, unknowns }: FactSection): readonly RichTextSection[] {
  const runs = codeRuns(slackEscape(explanation));
  return [
    section(runs.map(({ text, code }) => textElement(text, code ? { code: true } : undefined))),
    ...unknowns.map((unknown) =>
      section([textElement(`Unknown: ${slackEscape(unknown)}`, { italic: true })]),
    ),
  ];
}

/** Slack breaks lines only where a line break stands. */
function diffElements(diff: readonly string[]): readonly RichTextElement[] {
  return diff
    .map(slackEscape)
    .flatMap((text, index) => [...(index === 0 ? [] : [textElement('\n')]), textElement(text)]);
}

function firstSteps({ steps }: AlertSections): readonly Block[] {
  return steps.length === 0 ? [] : [titledList('Do first', steps)];
}

function linkLine(links: AlertSections['links']): Block {
  const elements = links.flatMap(({ text, url }, index): readonly RichTextElement[] => [
    ...(index === 0 ? [] : [textElement('   ·   ')]),
    { type: 'link', url, text, style: { bold: true } },
  ]);
  return paragraph([elements]);
}

function plain(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

function textElement(text: string, style?: Style): RichTextElement {
  return style === undefined ? { type: 'text', text } : { type: 'text', text, style };
}

function section(elements: readonly RichTextElement[]): RichTextSection {
  return { type: 'rich_text_section', elements };
}

/** Lines of one section; Slack puts no line break between sections by itself. */
function paragraph(rows: readonly (readonly RichTextElement[])[]): Block {
  const elements = rows.flatMap((row, index) => (index === 0 ? row : [textElement('\n'), ...row]));
  return { type: 'rich_text', elements: [section(elements)] };
}

function titledList(title: string, items: readonly string[]): Block {
  return {
    type: 'rich_text',
    elements: [
      section([textElement(title, { bold: true })]),
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: items.map((item) => section([textElement(slackEscape(item))])),
      },
    ],
  };
}
