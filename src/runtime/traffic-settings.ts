import { defaultBotSettings, type BotSettings } from '../web/bots/signal.ts';
import type { BlockPolicy } from '../web/block.ts';
import { offenceRuleText } from '../web/offence-rules.ts';
import type { Offence } from '../web/offence.ts';
import { defaultTrafficSettings, type TrafficSettings } from '../web/settings.ts';
import type { TrafficConfig } from './config-traffic.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The section as the signals take it. What it cannot say is as by default. */
export function trafficSettingsOf(config: TrafficConfig): TrafficSettings {
  const { scanner, flood, credentials } = config;
  const by = defaultTrafficSettings;
  const limit = ({ count, seconds }: { readonly count: number; readonly seconds: number }) => ({
    threshold: count,
    window: seconds * second,
  });
  return {
    ...by,
    lateness: config.latenessMinutes * minute,
    clients: config.mostClients,
    proxies: config.trustedProxies,
    scanner: {
      statuses: scanner.statuses,
      badResponses: { ...by.scanner.badResponses, ...limit(scanner.badResponses) },
      missingStatuses: scanner.missingStatuses,
      missingPaths: { ...by.scanner.missingPaths, ...limit(scanner.missingPaths) },
      sensitivePaths: { ...by.scanner.sensitivePaths, ...limit(scanner.sensitivePaths) },
      slow: {
        ...by.scanner.slow,
        window: scanner.slow.hours * hour,
        threshold: scanner.slow.paths,
        badShare: scanner.slow.badShare,
      },
    },
    flood: {
      ignoredSuffixes: flood.ignoredSuffixes,
      limits: flood.limits.map(({ count, seconds, ...conditions }) => ({
        ...conditions,
        ...limit({ count, seconds }),
        severity: 'medium',
      })),
      distributed: {
        ...by.flood.distributed,
        window: flood.distributed.seconds * second,
        factor: flood.distributed.factor,
        least: flood.distributed.least,
        network: { v4: flood.distributed.network.ipv4, v6: flood.distributed.network.ipv6 },
      },
    },
    credentials: {
      logins: credentials.logins,
      client: { ...by.credentials.client, ...limit(credentials.client) },
      network: { ...by.credentials.network, ...limit(credentials.network) },
      account: { ...by.credentials.account, ...limit(credentials.account) },
      accountParameters: credentials.accountParameters,
      accountKey: credentials.accountKey ?? '',
    },
  };
}

export function botSettingsOf({ bots }: TrafficConfig): Pick<BotSettings, 'honeypots' | 'outsideApp'> {
  return {
    honeypots: bots.honeypots,
    outsideApp: { ...defaultBotSettings.outsideApp, agents: bots.appAgents },
  };
}

/** What becomes of offences. */
export interface OffenceTreatment {
  /** The offence with the severity that the configuration gives it. */
  readonly judged: (offence: Offence) => Offence;
  readonly alerts: (offence: Offence) => boolean;
  /** Whether who did it may be blocked. */
  readonly blocks: (offence: Offence) => boolean;
  /** What differs for single rules, for the ledger. */
  readonly periods: BlockPolicy['rules'];
}

export function treatmentOf({ rules }: Pick<TrafficConfig, 'rules'>): OffenceTreatment {
  const byName = new Map(Object.entries(rules));
  return {
    judged: (offence) => {
      const severity = byName.get(offence.rule)?.severity;
      return severity === undefined ? offence : { ...offence, severity };
    },
    alerts: ({ rule }) => byName.get(rule)?.alert ?? true,
    blocks: ({ rule, subject }) =>
      byName.get(rule)?.block ?? (subject.type === 'client' && offenceRuleText(rule)?.blocks === true),
    periods: Object.fromEntries(
      [...byName].flatMap(([name, { minutes }]) =>
        minutes === undefined ? [] : [[name, { block: true, period: minutes * minute }]],
      ),
    ),
  };
}
