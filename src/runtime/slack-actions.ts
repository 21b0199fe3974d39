import type { LifecycleChange } from '../alert/lifecycle.ts';
import type { SlackActions } from '../api/slack.ts';
import type { OutboxLog } from '../notify/outbox-options.ts';
import type { SlackClick } from '../notify/slack-buttons.ts';
import type { GatherSetting } from '../alert/incident/gather.ts';
import { passOn } from '../store/incident-life.ts';
import type { Store } from '../store/store.ts';
import type { Config } from './config-schema.ts';

/** What clicks in Slack do to alerts: the same that anybody may do by other ways, written down under `slack:USER`. */
export function slackActions(options: {
  readonly channels: Config['channels'];
  readonly store: Pick<Store, 'life' | 'deliveries' | 'alert' | 'state'>;
  /** How alerts are gathered: what is done to the alert of an incident is passed on to the alerts in it. */
  readonly gathering: GatherSetting | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called after a change, so that it is told soon. */
  readonly nudge: () => void;
  readonly log: OutboxLog;
}): SlackActions {
  const { channels, store, gathering, now, nudge, log } = options;
  return {
    signingSecrets: Object.values(channels).flatMap((settings) =>
      settings.type === 'slack' && settings.signingSecret !== undefined ? [settings.signingSecret] : [],
    ),
    act: async ({ alertId, by, wish }) => {
      // Who was told of the alert is told of this; nobody hears of it for the first time.
      const told = (await store.deliveries(alertId)).map(({ channel }) => channel);
      const change = changeOf(wish, now());
      const result = await store.life.change({
        alertId,
        change,
        by,
        via: 'slack',
        now: now(),
        channelsFor: () =>
          told.filter((name) => Object.hasOwn(channels, name)).map((channel) => ({ channel })),
      });
      if (result.type === 'changed' && change.type === 'status')
        await passOn(store, gathering, result.alert, { ...change, by, via: 'slack', now: now() });
      if (result.type === 'changed') nudge();
      else log.info({ alertId, by, result: result.type }, 'a click in Slack changed nothing');
    },
  };
}

function changeOf(wish: SlackClick['wish'], now: number): LifecycleChange {
  if (wish.type === 'snooze') return { type: 'snooze', until: now + wish.minutes * 60_000 };
  const { status } = wish;
  // A false positive needs a reason, and a button has no room for one.
  return status === 'false-positive'
    ? { type: 'status', status, reason: 'marked in Slack' }
    : { type: 'status', status };
}
