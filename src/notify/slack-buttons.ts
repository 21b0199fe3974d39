import * as z from 'zod';
import type { Status } from '../alert/alert-life.ts';
import { isClosed } from '../alert/lifecycle.ts';

/**
 * Buttons under an alert, and what a click on one asks for. https://docs.slack.dev/reference/block-kit/blocks/actions-block and
 * https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
 */

interface Label {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

type Control =
  | {
      readonly type: 'button';
      readonly action_id: string;
      readonly text: Label;
      readonly style?: 'primary';
    }
  | {
      readonly type: 'static_select';
      readonly action_id: string;
      readonly placeholder: Label;
      readonly options: readonly { readonly text: Label; readonly value: string }[];
    };

export interface SlackButtons {
  readonly type: 'actions';
  /** Names the alert. */
  readonly block_id: string;
  readonly elements: readonly Control[];
}

/** What somebody wants to be done with an alert, as Slack tells of it. */
export interface SlackClick {
  readonly alertId: string;
  /** `slack:U0123ABCD`: the id, since a name in Slack can be anybody's. */
  readonly by: string;
  readonly wish:
    | { readonly type: 'status'; readonly status: Status }
    | { readonly type: 'snooze'; readonly minutes: number };
}

const blockPrefix = 'tocsin:';
const statusPrefix = 'tocsin.status.';
const snoozeAction = 'tocsin.snooze';

const snoozes: readonly (readonly [string, number])[] = [
  ['1 hour', 60],
  ['4 hours', 240],
  ['1 day', 1440],
  ['1 week', 10_080],
];

const offered: Readonly<Record<Status, readonly (readonly [string, Status])[]>> = {
  open: [
    ['Acknowledge', 'acknowledged'],
    ['Resolve', 'resolved'],
    ['False positive', 'false-positive'],
  ],
  acknowledged: [
    ['Resolve', 'resolved'],
    ['False positive', 'false-positive'],
  ],
  'in-progress': [
    ['Resolve', 'resolved'],
    ['False positive', 'false-positive'],
  ],
  resolved: [['Open again', 'open']],
  'false-positive': [['Open again', 'open']],
};

/** Those that make sense for an alert that stands so. */
export function slackButtons(alertId: string, status: Status): SlackButtons {
  const buttons = offered[status].map(([text, to], index): Control => ({
    type: 'button',
    action_id: statusPrefix + to,
    text: label(text),
    ...(index === 0 ? { style: 'primary' } : {}),
  }));
  const snooze: Control = {
    type: 'static_select',
    action_id: snoozeAction,
    placeholder: label('Snooze'),
    options: snoozes.map(([text, minutes]) => ({ text: label(text), value: String(minutes) })),
  };
  return {
    type: 'actions',
    block_id: (blockPrefix + alertId).slice(0, 255),
    elements: isClosed({ status }) ? buttons : [...buttons, snooze],
  };
}

function label(text: string): Label {
  return { type: 'plain_text', text, emoji: false };
}

const payloadSchema = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().regex(/^[A-Z0-9]{1,40}$/) }),
  actions: z
    .array(
      z.object({
        action_id: z.string().max(255),
        block_id: z.string().max(255),
        selected_option: z.object({ value: z.string().max(150) }).nullish(),
      }),
    )
    .max(25),
});

/** The clicks in the body of a request from Slack, which has been found to be Slack's; empty where there is none of ours. */
export function slackClicks(body: string): readonly SlackClick[] {
  const text = new URLSearchParams(body).get('payload');
  if (text === null) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  const { data } = payloadSchema.safeParse(parsed);
  if (data === undefined) return [];
  const by = `slack:${data.user.id}`;
  return data.actions.flatMap(({ action_id: action, block_id: block, selected_option: option }) => {
    if (!block.startsWith(blockPrefix)) return [];
    const wish = wishOf(action, option?.value);
    return wish === undefined ? [] : [{ alertId: block.slice(blockPrefix.length), by, wish }];
  });
}

function wishOf(action: string, option: string | undefined): SlackClick['wish'] | undefined {
  if (action === snoozeAction) {
    const minutes = snoozes.find(([, each]) => String(each) === option)?.[1];
    return minutes === undefined ? undefined : { type: 'snooze', minutes };
  }
  const status = Object.values(offered)
    .flat()
    .find(([, to]) => action === statusPrefix + to)?.[1];
  return status === undefined ? undefined : { type: 'status', status };
}
