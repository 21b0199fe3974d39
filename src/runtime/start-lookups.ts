import type { Logger } from 'pino';
import type { Alert } from '../alert/alert.ts';
import { domainIn, type Observable } from '../context/observable.ts';
import { ownNetworks } from '../context/own-networks.ts';
import { questionsOf, startEnricher, type Enricher } from '../lookup/enricher.ts';
import { boundProviders } from '../lookup/table.ts';
import { systemClock } from '../notify/clock.ts';
import type { RunningSource } from '../source/source.ts';
import type { Owes } from '../store/owed.ts';
import type { Store } from '../store/store.ts';
import type { Config } from './config-schema.ts';

export interface Lookups extends RunningSource {
  readonly nudge: () => void;
  /** What channels are owed of an alert: first messages about one that is looked up wait a little. */
  readonly owing: (channelsFor: (alert: Alert) => Owes) => (alert: Alert) => Owes;
  readonly states: Enricher['states'];
}

type LookupConfig = Pick<Config, 'lookups' | 'estate' | 'traffic' | 'blocking' | 'channels'>;

/** Looks up what alerts name for as long as a server leads; undefined where nobody is to be asked. */
export async function startLookups(options: {
  readonly config: LookupConfig;
  readonly store: Pick<Store, 'oldAlerts' | 'alert' | 'amend' | 'position' | 'state'>;
  readonly commit: Store['commit'];
  readonly onReleased: () => void;
  readonly log: Logger;
}): Promise<Lookups | undefined> {
  const { config, log } = options;
  const { lookups } = config;
  const providers = boundProviders(lookups.providers);
  if (providers.length === 0) return undefined;
  const isOwn = ownOf(config);
  const { waitMs } = lookups;
  const channels = Object.entries(config.channels);
  const enricher = await startEnricher({
    ...options,
    providers,
    isOwn,
    waitMs,
    holdsMs: lookups.cacheHours * 3_600_000,
    channels: channels.map(([name]) => name),
    // It writes its message anew, and tells nobody.
    followUps: channels.filter(([, { type }]) => type === 'slack').map(([name]) => name),
    clock: systemClock,
    random: Math.random,
    fetch,
  });
  return {
    name: 'lookups',
    nudge: enricher.nudge,
    states: enricher.states,
    owing: (channelsFor) => (alert) => {
      const owes = channelsFor(alert);
      const isFirst = alert.news === undefined && alert.context?.lookups === undefined;
      if (owes.length === 0 || waitMs === 0 || !isFirst) return owes;
      if (questionsOf(alert, providers, isOwn).length === 0) return owes;
      const due = Date.now() + waitMs;
      return owes.map((one) => {
        const owed = typeof one === 'string' ? { channel: one } : one;
        return owed.due === undefined ? { ...owed, due } : owed;
      });
    },
    trouble: () => {
      const open = enricher.states().filter(({ health }) => health.state !== 'closed');
      return open.length === 0
        ? undefined
        : open
            .map(({ provider, health }) => `${provider} does not answer: ${health.reason ?? 'no reason'}`)
            .join('; ');
    },
    stop: async () => {
      await enricher.stop();
      log.debug({}, 'lookups ended');
    },
  };
}

/** What the configuration knows to be one's own, which is told to nobody. */
export function ownOf({
  lookups,
  estate,
  traffic,
  blocking,
}: Omit<LookupConfig, 'channels'>): (about: Observable) => boolean {
  const domains = lookups.neverAsk.flatMap((text) => domainIn(text) ?? []);
  const network = ownNetworks([
    ...estate.networks,
    {
      name: 'own',
      ranges: [
        ...lookups.neverAsk.filter((text) => domainIn(text) === undefined),
        ...traffic.trustedProxies,
        ...traffic.reputation.own,
        ...blocking.approved.networks,
      ],
    },
  ]);
  return ({ type, value }) => {
    switch (type) {
      case 'address':
        return network(value) !== undefined;
      case 'domain':
        return domains.some((domain) => value === domain || value.endsWith(`.${domain}`));
      case 'hash':
        return false;
      default:
        return type satisfies never;
    }
  };
}
