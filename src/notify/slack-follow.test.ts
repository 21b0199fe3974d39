import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Standing } from '../alert/standing.ts';
import type { BoundChannel } from './channel.ts';
import { deliver, followUp } from './send.ts';
import { slackButtons, slackClicks } from './slack-buttons.ts';
import { slackMessage, slackReply } from './slack-message.ts';
import { hostileAlert, normalAlert } from './testing/alerts.ts';
import { boundTo, context, resolvedContext, transport } from './testing/aws-contract.ts';
import { checkMessage, liveMarkup } from './testing/block-kit.ts';
import type { ScriptedAnswer } from './testing/fake-server.ts';
import { startFakeSlack, type FakeSlack } from './testing/fake-slack.ts';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await startFakeSlack();
  onTestFinished(() => slack.close());
});

const bot = (more: object = {}): BoundChannel =>
  boundTo({ type: 'slack', token: slack.token, channel: slack.channel, apiUrl: slack.apiUrl, ...more });

const receipt = { channel: 'C0ALERTS', ts: '1.000100' };
const paths = () => slack.requests.map(({ path }) => path);

async function tell(channel: BoundChannel, standing: Standing, before: Standing, alert = normalAlert) {
  const how = { ...resolvedContext(receipt), standing, told: { standing: before, receipt } };
  return followUp(channel, { alert, context: how }, transport);
}

const open: Standing = { status: 'open', severity: 'critical', count: 1 };

describe('the first message of a bot', () => {
  it('leaves a receipt, by which it is found again', async () => {
    expect(await deliver(bot(), normalAlert, context, transport)).toEqual({ type: 'accepted', receipt });
  });

  it('has buttons where clicks are taken, and none elsewhere', async () => {
    await deliver(bot({ signingSecret: 'not-a-real-secret' }), normalAlert, context, transport);
    await deliver(bot(), normalAlert, context, transport);
    const [withButtons, without] = slack.messages.map((message) => JSON.stringify(message));
    expect(withButtons).toContain(`"block_id":"tocsin:${normalAlert.id}"`);
    expect(without).not.toContain('"actions"');
    expect(slack.problems).toEqual([]);
  });
});

describe('a change', () => {
  it('writes the first message anew, and says in its thread what has changed', async () => {
    const standing: Standing = { ...open, status: 'acknowledged', by: 'slack:U1', reason: 'on it' };
    expect(await tell(bot(), standing, open)).toEqual({ type: 'accepted' });
    expect(paths()).toEqual(['/api/chat.update', '/api/chat.postMessage']);
    const [update, reply] = slack.messages;
    expect(update).toMatchObject(receipt);
    expect(JSON.stringify(update)).toContain('acknowledged by slack:U1: on it');
    expect(reply).toMatchObject({
      channel: 'C0ALERTS',
      thread_ts: '1.000100',
      text: 'The alert is now acknowledged by slack:\u2060U1: on it.',
    });
    expect(reply).not.toHaveProperty('reply_broadcast');
  });

  it.each<[string, Standing, Standing]>([
    ['raised', { ...open, severity: 'critical' }, { ...open, severity: 'medium' }],
    ['open again', open, { ...open, status: 'resolved' }],
  ])('that makes an alert worse (%s) is for the whole channel', async (_name, standing, before) => {
    await tell(bot(), standing, before);
    expect(slack.messages[1]).toMatchObject({ reply_broadcast: true });
  });

  it('takes the colour from an alert that is over', async () => {
    await tell(bot(), { ...open, status: 'false-positive', by: 'jane' }, open);
    expect(slack.messages[0]).toMatchObject({ attachments: [{ color: '#8b95a1' }] });
    expect(JSON.stringify(slack.messages[0])).toContain('DONE');
  });

  it('that nobody has to read is only written into the message', async () => {
    await tell(bot(), open, open);
    expect(paths()).toEqual(['/api/chat.update']);
  });

  it('of an alert that was told before there were receipts is a message of its own, with one', async () => {
    const how = { ...resolvedContext(), told: { standing: open, receipt: {} } };
    const answer = await followUp(bot(), { alert: normalAlert, context: how }, transport);
    expect(answer).toEqual({ type: 'accepted', receipt });
  });

  it('of hostile names keeps to the limits and does nothing but say things', async () => {
    const by = '<!channel> @here \u202e*x* :skull: https://evil.example';
    const standing: Standing = { status: 'resolved', severity: 'low', count: 9, by, reason: by.repeat(100) };
    const channel = bot({ signingSecret: 'not-a-real-secret' });
    const answer = await tell(channel, standing, open, hostileAlert);
    expect({ answer, problems: slack.problems }).toEqual({ answer: { type: 'accepted' }, problems: [] });
    for (const message of slack.messages) expect(liveMarkup(message)).toEqual([]);
    expect(slack.messages).toHaveLength(2);
    await expect(`${JSON.stringify(slack.messages, undefined, 2)}\n`).toMatchFileSnapshot(
      'golden/slack-change-hostile.json',
    );
  });

  it.each([
    ['Slack takes no such blocks', '{"ok":false,"error":"invalid_blocks"}', 'refused'],
    ['the bot is out', '{"ok":false,"error":"not_in_channel"}', 'closed'],
    ['Slack is slow', '{"ok":false,"error":"ratelimited"}', 'later'],
  ])(
    'is answered as a first message is where %s, and nothing is said in the thread',
    async (_name, body, type) => {
      slack.answerNext({ type: 'answer', status: 200, body });
      expect((await tell(bot(), { ...open, status: 'resolved' }, open)).type).toBe(type);
      expect(paths()).toEqual(['/api/chat.update']);
    },
  );

  const no = (error: string): ScriptedAnswer => ({
    type: 'answer',
    status: 200,
    body: JSON.stringify({ ok: false, error }),
  });

  it.each(['cant_update_message', 'edit_window_closed'])(
    'is still told in the thread of a message that stays as it is: %s',
    async (error) => {
      slack.answerNext(no(error));
      expect(await tell(bot(), { ...open, status: 'resolved' }, open)).toEqual({ type: 'accepted' });
      expect(paths()).toEqual(['/api/chat.update', '/api/chat.postMessage']);
      expect(slack.messages).toMatchObject([{ thread_ts: receipt.ts, text: 'The alert is now resolved.' }]);
    },
  );

  it.each<[string, readonly ScriptedAnswer[]]>([
    ['to begin with', [no('message_not_found')]],
    ['by the time of the reply', [no('edit_window_closed'), no('thread_not_found')]],
  ])(
    'of a message that is gone %s is told in another, which is followed from then on',
    async (_name, answers) => {
      slack.answerNext(...answers);
      const answer = await tell(bot(), { ...open, status: 'resolved' }, open);
      expect(answer).toEqual({ type: 'accepted', receipt: { channel: 'C0ALERTS', ts: '1.000100' } });
      expect(paths()).toHaveLength(answers.length + 1);
      expect(slack.messages).toHaveLength(1);
      expect(slack.messages[0]).not.toHaveProperty('thread_ts');
      expect(JSON.stringify(slack.messages[0])).toContain('resolved');
    },
  );

  it('that nobody has to read makes no message anew', async () => {
    slack.answerNext(no('message_not_found'));
    expect(await tell(bot(), open, open)).toEqual({ type: 'accepted' });
    expect(paths()).toEqual(['/api/chat.update']);
  });

  it('is not told over a webhook, which cannot come back to a message', () => {
    expect(boundTo({ type: 'slack', webhookUrl: slack.webhookUrl }).follow).toBeUndefined();
  });
});

describe('buttons', () => {
  it.each(['open', 'acknowledged', 'in-progress', 'resolved', 'false-positive'] as const)(
    'of an alert that is %s are what Slack takes, and come back as what they say',
    (status) => {
      const message = slackMessage(normalAlert, context.link, {
        standing: { ...open, status },
        withButtons: true,
      });
      expect(checkMessage(JSON.parse(JSON.stringify(message)))).not.toHaveProperty('problems');
      const { block_id: block, elements } = slackButtons('abc', status);
      const clicks = elements.flatMap(({ action_id: action, ...element }) => {
        const options = 'options' in element ? element.options : [undefined];
        return options.flatMap((option) => {
          const actions = [{ action_id: action, block_id: block, selected_option: option ?? null }];
          const payload = { type: 'block_actions', user: { id: 'U1' }, actions };
          return slackClicks(new URLSearchParams({ payload: JSON.stringify(payload) }).toString());
        });
      });
      expect(clicks.every(({ alertId, by }) => alertId === 'abc' && by === 'slack:U1')).toBe(true);
      expect(clicks.map(({ wish }) => (wish.type === 'snooze' ? wish.minutes : wish.status))).toEqual(
        {
          open: ['acknowledged', 'resolved', 'false-positive', 60, 240, 1440, 10_080],
          acknowledged: ['resolved', 'false-positive', 60, 240, 1440, 10_080],
          'in-progress': ['resolved', 'false-positive', 60, 240, 1440, 10_080],
          resolved: ['open'],
          'false-positive': ['open'],
        }[status],
      );
    },
  );

  it('say one sentence for each thing', () => {
    expect(slackReply(['It is a.', 'It is b.']).text).toBe('It is a. It is b.');
  });
});
