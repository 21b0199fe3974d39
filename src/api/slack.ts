import type { FastifyInstance } from 'fastify';
import { slackClicks, type SlackClick } from '../notify/slack-buttons.ts';
import { isFromSlack } from '../notify/slack-signature.ts';
import { fromStore } from './problem.ts';

/** What the route needs of Slack channels and of alerts. */
export interface SlackActions {
  /** Of all Slack channels that have one. */
  readonly signingSecrets: readonly string[];
  /** Does what somebody clicked for. Doing the same twice changes nothing. */
  readonly act: (click: SlackClick) => Promise<void>;
}

/** A payload holds the whole message that was clicked on. */
const longestBody = 512 * 1024;

/**
 * `POST /v1/slack/actions`, where Slack tells of clicks on buttons. Slack has no key of this server: it signs what it sends, and whoever
 * does not hears nothing but 401. The answer to a click is empty, because the message itself is brought up to date by the outbox.
 * https://docs.slack.dev/interactivity/handling-user-interaction
 */
export function slackRoutes(
  parent: FastifyInstance,
  { signingSecrets, act, now }: SlackActions & { readonly now: () => number },
): void {
  if (signingSecrets.length === 0) return;
  parent.register(async (app) => {
    app.removeAllContentTypeParsers();
    // As bytes: the signature is over them, and nothing is parsed before it is checked.
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.route({
      method: 'POST',
      url: '/v1/slack/actions',
      config: { need: 'open' },
      bodyLimit: longestBody,
      schema: { hide: true },
      handler: async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = request.headers;
        if (!isFromSlack({ timestamp, signature }, body, signingSecrets, now())) {
          request.log.info({ from: request.ip }, 'a request that is not from Slack was turned away');
          return reply.code(401).send();
        }
        for (const click of slackClicks(body.toString('utf8'))) await fromStore(() => act(click));
        return reply.code(200).send();
      },
    });
  });
}
