import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { atLeast } from '../event/severity.ts';
import { bind, bindSender, type BoundChannel } from './channel.ts';
import { discord } from './discord.ts';
import { elasticsearch } from './elasticsearch.ts';
import { email } from './email.ts';
import { eventbridge } from './eventbridge.ts';
import { file } from './file.ts';
import { googlechat } from './googlechat.ts';
import { jira } from './jira.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import { s3 } from './s3.ts';
import { securityhub } from './securityhub.ts';
import { sentinel } from './sentinel.ts';
import { ses } from './ses.ts';
import { slack } from './slack.ts';
import { sns } from './sns.ts';
import { splunk } from './splunk.ts';
import { sqs } from './sqs.ts';
import { syslog } from './syslog.ts';
import { teams } from './teams.ts';
import { telegram } from './telegram.ts';
import { thehive } from './thehive.ts';
import { webhook } from './webhook.ts';
import { worded } from './wording.ts';

/** Every kind of channel that the configuration can name: one line here and one in `bindSettings`. */
export const channels = [
  slack,
  webhook,
  pagerduty,
  opsgenie,
  teams,
  discord,
  googlechat,
  telegram,
  splunk,
  elasticsearch,
  thehive,
  jira,
  sns,
  sqs,
  eventbridge,
  email,
  ses,
  file,
  syslog,
  s3,
  securityhub,
  sentinel,
] as const;

/** The settings of one channel; `type` says of which kind. Secrets are resolved before they come here. */
export const channelSettings = z.discriminatedUnion('type', [
  slack.settings,
  webhook.settings,
  pagerduty.settings,
  opsgenie.settings,
  teams.settings,
  discord.settings,
  googlechat.settings,
  telegram.settings,
  splunk.settings,
  elasticsearch.settings,
  thehive.settings,
  jira.settings,
  sns.settings,
  sqs.settings,
  eventbridge.settings,
  email.settings,
  ses.settings,
  file.settings,
  syslog.settings,
  s3.settings,
  securityhub.settings,
  sentinel.settings,
]);

export type ChannelSettings = z.output<typeof channelSettings>;

export function bindSettings(settings: ChannelSettings): BoundChannel {
  const bound = bindKind(settings);
  return 'template' in settings ? worded(bound, settings.template) : bound;
}

function bindKind(settings: ChannelSettings): BoundChannel {
  switch (settings.type) {
    case 'slack':
      return bind(slack, settings);
    case 'webhook':
      return bind(webhook, settings);
    case 'pagerduty':
      return bind(pagerduty, settings);
    case 'opsgenie':
      return bind(opsgenie, settings);
    case 'teams':
      return bind(teams, settings);
    case 'discord':
      return bind(discord, settings);
    case 'googlechat':
      return bind(googlechat, settings);
    case 'telegram':
      return bind(telegram, settings);
    case 'splunk':
      return bind(splunk, settings);
    case 'elasticsearch':
      return bind(elasticsearch, settings);
    case 'thehive':
      return bind(thehive, settings);
    case 'jira':
      return bind(jira, settings);
    case 'sns':
      return bindSender(sns, settings);
    case 'sqs':
      return bindSender(sqs, settings);
    case 'eventbridge':
      return bindSender(eventbridge, settings);
    case 'email':
      return bindSender(email, settings);
    case 'ses':
      return bindSender(ses, settings);
    case 'file':
      return bindSender(file, settings);
    case 'syslog':
      return bindSender(syslog, settings);
    case 's3':
      return bindSender(s3, settings);
    case 'securityhub':
      return bindSender(securityhub, settings);
    case 'sentinel':
      return bindSender(sentinel, settings);
  }
}

/** The names of the channels that an alert is owed to, by their lowest severity. */
export function channelsFor(
  alert: Pick<Alert, 'severity'>,
  configured: Readonly<Record<string, Pick<ChannelSettings, 'minSeverity'>>>,
): readonly string[] {
  return Object.entries(configured)
    .filter(([, { minSeverity }]) => atLeast(alert.severity, minSeverity))
    .map(([name]) => name);
}
