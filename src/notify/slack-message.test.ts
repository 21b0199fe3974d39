import { describe, expect, it } from 'vitest';
import { slackMessage } from './slack-message.ts';
import {
  correlatedAlert,
  hostileAlert,
  hostileCorrelatedAlert,
  minimalAlert,
  normalAlert,
} from './testing/alerts.ts';
import { checkMessage, liveMarkup, stringsIn } from './testing/block-kit.ts';

const link = 'https://tocsin.example/alerts/5d41402abc4b2a76b9719d911017c592';

function checked(payload: unknown) {
  const result = checkMessage(JSON.parse(JSON.stringify(payload)));
  if ('problems' in result) throw new Error(result.problems.join('\n'));
  return result.message;
}

describe('the Slack message', () => {
  it.each([
    ['normal', normalAlert, link],
    ['minimal', minimalAlert, undefined],
    ['hostile', hostileAlert, link],
    ['correlated', correlatedAlert, link],
    ['correlated-hostile', hostileCorrelatedAlert, link],
  ])(
    'of a %s alert is as recorded, within the limits, and does nothing but say things',
    async (name, alert, url) => {
      const message = checked(slackMessage(alert, url));
      expect(liveMarkup(message)).toEqual([]);
      expect(stringsIn(message).filter((text) => text !== '\n' && /[\p{Cc}\p{Cs}]/u.test(text))).toEqual([]);
      await expect(`${JSON.stringify(message, undefined, 2)}\n`).toMatchFileSnapshot(
        `golden/slack-${name}.json`,
      );
    },
  );

  it('switches off everything by which Slack would look for markup by itself', () => {
    expect(slackMessage(normalAlert, link)).toMatchObject({
      mrkdwn: false,
      parse: 'none',
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  it('repeats a title that does not fit the header in full below it', () => {
    const title = `${'x'.repeat(200)} end`;
    const [first] = slackMessage({ ...normalAlert, title }, link).attachments;
    expect(stringsIn(first)).toContain(title);
  });

  it('says what happened in the text for notifications', () => {
    expect(slackMessage({ ...normalAlert, title: 'a <b> & @here' }, undefined).text).toBe(
      '🔴 CRITICAL: a &lt;b&gt; &amp; @\u2060here (account 111122223333, eu-west-1)',
    );
  });

  it.each([
    ['none is configured', undefined],
    ['it is no address', 'alerts/1'],
    ['it runs code', 'javascript:alert(1)'],
    ['it is longer than Slack takes', `https://x.example/${'a'.repeat(3000)}`],
  ])('has no link where %s', (_name, url) => {
    expect(JSON.stringify(slackMessage(normalAlert, url))).not.toContain('"link"');
  });

  it('explains by the rule where there is no fact', () => {
    expect(stringsIn(slackMessage({ ...normalAlert, facts: [] }, link))).toContain(normalAlert.description);
  });

  it('says in words what kind of place a call came from', () => {
    const from = (origin: (typeof normalAlert)['where']['origin']) =>
      stringsIn(slackMessage({ ...normalAlert, where: { ...normalAlert.where, origin } }, link));
    expect(from({ type: 'service', service: 'config.amazonaws.com' })).toContain(
      'AWS service config.amazonaws.com',
    );
    expect(from({ type: 'internal' })).toContain('inside AWS');
    expect(from({ type: 'unknown', text: '' })).toContain('unknown');
  });
});

describe('the strict reader of messages', () => {
  const message = slackMessage(normalAlert, link);
  it.each([
    [
      'a header of 151 characters',
      { ...message, blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
    ],
    ['51 blocks', { ...message, blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) }],
    ['an empty text', { ...message, text: '' }],
    ['an unknown key', { ...message, surprise: 1 }],
    [
      'a link that is no address',
      {
        ...message,
        blocks: [
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: 'javascript:1' }] }],
          },
        ],
      },
    ],
    ['half a surrogate pair', { ...message, text: '\ud83d' }],
    [
      'more text than Slack takes',
      {
        ...message,
        attachments: Array.from({ length: 5 }, () => ({
          blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3000) } }],
        })),
      },
    ],
    ['no object', 'text'],
  ])('refuses %s', (_name, payload) => expect(checkMessage(payload)).toHaveProperty('problems'));

  it.each(['<!channel>', '<@U1>', '@here', '*x*', ':skull:', 'https://evil.example', 'a & b'])(
    'sees %s',
    (text) => {
      expect(liveMarkup({ text })).not.toEqual([]);
    },
  );
});
