import * as z from 'zod';
import type { Answer, ChannelResponse } from './channel.ts';
import { jsonBody } from './json-answer.ts';
import { readStatus } from './send.ts';

/**
 * Errors of the Web API (https://docs.slack.dev/reference/methods/chat.postMessage#errors) and of incoming webhooks
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors), which use the same sort
 * of words. An error that is not here is tried again: a delivery that a new error of Slack's would kill is worse than
 * a few useless calls.
 */

const later = new Set([
  'fatal_error',
  'internal_error',
  'message_limit_exceeded',
  'rate_limited',
  'ratelimited',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
]);

/** What a person can do, by error. */
const closed: Readonly<Record<string, string>> = {
  access_denied: 'ask a workspace admin to allow the app',
  accesslimited: 'ask a workspace admin to lift the limit on the app',
  account_inactive: 'the bot or its workspace was removed; install the app again and set its new token',
  action_prohibited: 'a workspace admin restricts posting to this channel; ask for an exception',
  channel_is_archived: 'unarchive the Slack channel or choose another one',
  channel_not_found: 'check the name or id of the Slack channel, and invite the bot if it is private',
  ekm_access_denied: 'a workspace admin has suspended posting',
  enterprise_is_restricted: 'the method is not allowed in this organisation; use an incoming webhook',
  invalid_auth: 'check the bot token, and that this machine is on the allowed address list of the app',
  invalid_token: 'the webhook was revoked; make a new one and set its address',
  is_archived: 'unarchive the Slack channel or choose another one',
  missing_scope:
    'give the app the scope chat:write, and chat:write.public for channels without the bot; then install it again',
  no_active_hooks: 'the webhook is switched off; make a new one and set its address',
  no_permission: 'the workspace token does not have the permission; check the scopes of the app',
  no_service: 'the webhook was removed or switched off; make a new one and set its address',
  no_team: 'the workspace of the webhook does not exist any more; set a new webhook',
  not_allowed_token_type: 'use a bot token, which starts with xoxb-',
  not_authed: 'set a bot token',
  not_in_channel:
    'invite the bot to the Slack channel with /invite, or give the app the scope chat:write.public',
  org_login_required: 'the workspace is being moved to an organisation; try again when that is done',
  posting_to_general_channel_denied: 'posting to the general channel is restricted; choose another one',
  restricted_action: 'a workspace preference forbids the bot to post; ask a workspace admin',
  restricted_action_read_only_channel: 'the Slack channel is read-only; choose another one',
  team_access_not_granted: 'ask the organisation to approve the app for this workspace',
  team_disabled: 'the workspace was switched off',
  team_not_found: 'check the address of the webhook',
  token_expired: 'the token has expired; set a new bot token, with token rotation switched off for the app',
  token_revoked: 'the token was revoked; install the app again and set its new token',
  user_not_found: 'the webhook points to a person who is gone; make a new one and set its address',
};

/** Slack does not take this very message. */
const refused = new Set([
  'as_user_not_supported',
  'attachment_payload_limit_exceeded',
  'block_mismatch',
  'cant_update_message',
  'duplicate_message_not_found',
  'edit_window_closed',
  'invalid_arguments',
  'invalid_attachments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_form_data',
  'invalid_json',
  'invalid_payload',
  'json_not_object',
  'markdown_text_conflict',
  'message_not_found',
  'missing_text_or_fallback_or_attachments',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'thread_not_found',
  'too_many_attachments',
]);

/** Reads the answer of a webhook (a word as plain text) and of the Web API (JSON with `ok`); never quotes anything but a known kind of word. */
export function readSlackAnswer(response: ChannelResponse): Answer {
  const code = slackError(response.body);
  if (response.status === 200) {
    if (code === 'ok') {
      const receipt = jsonBody(response.body, receiptSchema);
      return receipt === undefined ? { type: 'accepted' } : { type: 'accepted', receipt };
    }
    if (code === undefined) {
      return {
        type: 'later',
        reason:
          "HTTP 200 with an answer that is not Slack's; check for a proxy and the address of the channel",
      };
    }
    return readError(code, response.retryAfterMs);
  }
  if (response.status >= 400 && response.status < 500 && response.status !== 429 && isKnown(code)) {
    return readError(code, response.retryAfterMs);
  }
  return readStatus(response);
}

/** How a message is lost to changes: it is there no longer (`gone`), or there and as it is for good (`fixed`). */
const lost: Readonly<Record<string, 'gone' | 'fixed'>> = {
  message_not_found: 'gone',
  thread_not_found: 'gone',
  cant_update_message: 'fixed',
  edit_window_closed: 'fixed',
};

/** Whether an answer says that of the message that a request was about; undefined where it does not. */
export function lostMessage({ body }: Pick<ChannelResponse, 'body'>): 'gone' | 'fixed' | undefined {
  const code = slackError(body);
  return code !== undefined && Object.hasOwn(lost, code) ? lost[code] : undefined;
}

/** By what later messages find this one: an incoming webhook does not tell. */
const receiptSchema = z.object({
  channel: z.string().regex(/^[A-Z0-9]{1,40}$/),
  ts: z.string().regex(/^\d{1,20}\.\d{1,10}$/),
});

function isKnown(code: string | undefined): code is string {
  return code !== undefined && (later.has(code) || refused.has(code) || Object.hasOwn(closed, code));
}

function readError(code: string, retryAfterMs: number | undefined): Answer {
  const way = Object.hasOwn(closed, code) ? closed[code] : undefined;
  if (way !== undefined) return { type: 'closed', reason: `Slack says ${code}: ${way}` };
  if (refused.has(code)) return { type: 'refused', reason: `Slack does not take this message (${code})` };
  const limited = code === 'ratelimited' || code === 'rate_limited';
  return {
    type: 'later',
    reason: `Slack says ${code}`,
    afterMs: retryAfterMs ?? (limited ? 1000 : undefined),
  };
}

/** `ok`, the word that Slack gives as error, or undefined where the body is neither. */
function slackError(body: string): string | undefined {
  const trimmed = body.trim();
  if (isWord(trimmed)) return trimmed;
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || !('ok' in parsed)) return undefined;
  if (parsed.ok === true) return 'ok';
  return 'error' in parsed && typeof parsed.error === 'string' && isWord(parsed.error)
    ? parsed.error
    : undefined;
}

function isWord(text: string): boolean {
  return /^[a-z][a-z_]{1,59}$/.test(text);
}
