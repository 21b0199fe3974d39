import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { shortenedNote } from './alert-text.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { unlinked } from './plain-text.ts';
import { slackEscape } from './safe-text.ts';
import { alertSections, codeRuns, type AlertSections, type Row } from './sections.ts';
import { readStatus } from './send.ts';
import { checkAddress, secretText, sharedSettings } from './settings.ts';
import type { Severity } from '../event/severity.ts';
import { templateSetting } from './wording.ts';

/**
 * Microsoft Teams, through a workflow that starts when a webhook request comes in
 * (https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498):
 * one Adaptive Card an alert. Everything stands in text runs, which know no Markdown
 * (https://adaptivecards.io/explorer/TextRun.html), so that there is nothing to escape. A message has 28 KB at most
 * (https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams#chat).
 */

export const teamsSettings = z.strictObject({
  type: z.literal('teams').describe('Cards in a channel or chat of Microsoft Teams.'),
  ...sharedSettings,
  template: templateSetting,
  webhookUrl: secretText(
    'Address of the workflow "Send webhook alerts to a channel": it ends with a signature and is a secret.',
  ).superRefine(checkAddress),
});

export type TeamsSettings = z.output<typeof teamsSettings>;

interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Large' | 'Small';
  readonly fontType?: 'Monospace';
  readonly italic?: true;
  readonly isSubtle?: true;
}

interface Paragraph {
  readonly type: 'RichTextBlock';
  readonly spacing?: 'None' | 'Small' | 'Medium';
  readonly inlines: readonly TextRun[];
}

/** Room for what the workflow puts around the card. */
const maxBytes = 24_000;

const styles: Readonly<Record<Severity, string>> = {
  informational: 'emphasis',
  low: 'accent',
  medium: 'warning',
  high: 'warning',
  critical: 'attention',
};

export const teams = {
  type: 'teams' as const,
  settings: teamsSettings,

  render(alert: Alert, settings: TeamsSettings, context: DeliveryContext): ChannelRequest {
    const sections = alertSections(alert, context.link, context.wording);
    const paragraphs = paragraphsOf(sections);
    const write = (body: readonly Paragraph[]) =>
      JSON.stringify(message(sections, styles[alert.severity], body));
    let body = write(paragraphs);
    for (let shown = paragraphs.length - 1; Buffer.byteLength(body) > maxBytes && shown >= 0; shown -= 1) {
      const note = shortenedNote(sections, paragraphs.length - shown);
      body = write([...paragraphs.slice(0, shown), paragraph([run(note, { italic: true })])]);
    }
    return {
      url: settings.webhookUrl,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    };
  },

  read(response: ChannelResponse): Answer {
    const code = jsonBody(response.body, answerSchema)?.error.code;
    const way = response.status < 500 && code !== undefined ? closedCodes.get(code) : undefined;
    return way === undefined
      ? readStatus(response)
      : { type: 'closed', reason: `HTTP ${response.status} from the workflow: ${way}` };
  },
};

/** The errors of Azure Logic Apps, on which workflows run. */
const answerSchema = z.object({ error: z.object({ code: z.string() }) });
const closedCodes = new Map([
  ['DirectApiAuthorizationRequired', 'the signature is missing; copy the whole address of the workflow'],
  ['DirectApiInvalidAuthorizationScheme', 'set its trigger to be used by anyone who has the address'],
  [
    'TriggerInputSchemaMismatch',
    'its trigger wants another form; use the template "Send webhook alerts to a channel"',
  ],
  ['WorkflowNotFound', 'it is gone; make a new one and set its address'],
  ['WorkflowTriggerIsNotEnabled', 'it is switched off; switch it on in Power Automate'],
]);

function message({ look, title, links }: AlertSections, style: string, body: readonly Paragraph[]): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.5',
          msteams: { width: 'Full' },
          body: [
            {
              type: 'Container',
              style,
              bleed: true,
              items: [
                paragraph([
                  run(`${look.emoji} ${look.word}  `, { weight: 'Bolder', size: 'Large' }),
                  run(title, { weight: 'Bolder', size: 'Large' }),
                ]),
              ],
            },
            ...body,
          ],
          actions: links.map(({ text, url }) => ({ type: 'Action.OpenUrl', title: text, url })),
        },
      },
    ],
  };
}

function paragraphsOf(sections: AlertSections): readonly Paragraph[] {
  const own = sections.wording?.((shown) => shown, maxBytes / 4);
  if (own !== undefined) return own.split('\n').map((text) => paragraph([run(text, {})]));
  const { rows, several, facts, why, steps, footer } = sections;
  const heading = (text: string) => paragraph([run(text, { weight: 'Bolder' })], 'Medium');
  const item = (text: string, italic = false) => paragraph([run(`• ${text}`, italic ? { italic } : {})]);
  return [
    ...rows.map(labelled),
    ...(several === undefined
      ? []
      : [...several.rows.map(labelled), heading('Events'), ...several.events.map((event) => item(event))]),
    ...(facts.length === 0 ? [] : [heading('What it means')]),
    ...facts.flatMap(({ explanation, unknowns, diff }) => [
      paragraph([
        run('• ', {}),
        ...codeRuns(explanation).map(({ text, code }) => run(text, code ? { fontType: 'Monospace' } : {})),
      ]),
      ...unknowns.map((unknown) => item(`Unknown: ${unknown}`, true)),
      ...diff.map((text) => paragraph([run(text, { fontType: 'Monospace' })], 'None')),
    ]),
    ...(why === '' ? [] : [labelled({ label: 'Why', value: why })]),
    ...(steps.length === 0 ? [] : [heading('Do first'), ...steps.map((step) => item(step))]),
    paragraph([run(footer.join(' · '), { size: 'Small', isSubtle: true })], 'Medium'),
  ];
}

function labelled({ label, value }: Row): Paragraph {
  return paragraph([run(`${label}  `, { weight: 'Bolder' }), run(value, {})]);
}

function paragraph(
  inlines: readonly TextRun[],
  spacing: NonNullable<Paragraph['spacing']> = 'Small',
): Paragraph {
  return { type: 'RichTextBlock', spacing, inlines };
}

/** Text runs know neither Markdown nor mentions; `{{DATE()}}` and `<at>` are broken all the same. */
function run(text: string, look: Omit<TextRun, 'type' | 'text'>): TextRun {
  return { type: 'TextRun', text: slackEscape(unlinked(text)).replaceAll('{{', '{\u2060{'), ...look };
}
