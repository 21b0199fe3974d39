import { createHmac } from 'node:crypto';

/** A request as Slack makes it when somebody clicks: https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function slackRequest(
  secret: string,
  payload: unknown,
  now: number,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    },
    body,
  };
}

/** What Slack sends of one click, as far as its documentation promises it. */
export function slackPayload(alertId: string, action: object, user = 'U0ALICE'): object {
  return {
    type: 'block_actions',
    user: { id: user, username: 'alice', team_id: 'T1' },
    api_app_id: 'A1',
    container: { type: 'message', message_ts: '1.000100', channel_id: 'C0ALERTS', is_ephemeral: false },
    trigger_id: '12.34.56',
    response_url: 'https://hooks.slack.com/actions/T1/1/x',
    actions: [{ type: 'button', block_id: `tocsin:${alertId}`, action_ts: '1.2', ...action }],
  };
}
