import * as z from 'zod';
import type { Lookup } from '../alert/lookup.ts';
import type { Observable } from '../context/observable.ts';
import { line } from '../notify/safe-text.ts';
import { sendRequest, type Transport } from '../notify/send.ts';
import { abuseIpdb } from './abuseipdb.ts';
import { greyNoise } from './greynoise.ts';
import { ipinfo } from './ipinfo.ts';
import { otx } from './otx.ts';
import type { Provider, ReadAnswer } from './provider.ts';
import { virusTotal } from './virustotal.ts';

/** The settings of each provider under its name; those that are left out are not asked. */
export const providerSettings = z.strictObject({
  abuseipdb: abuseIpdb.settings.optional(),
  greynoise: greyNoise.settings.optional(),
  virustotal: virusTotal.settings.optional(),
  ipinfo: ipinfo.settings.optional(),
  otx: otx.settings.optional(),
});

export type ProvidersSettings = z.output<typeof providerSettings>;

/** A provider with its settings in place. */
export interface BoundProvider extends Pick<Provider<unknown>, 'type' | 'vendor' | 'knows' | 'link'> {
  readonly perMinute: number;
  readonly perDay: number;
  readonly timeoutMs: number;
  /** One question and its answer. Never rejects. */
  readonly ask: (about: Observable, transport: Omit<Transport, 'timeoutMs'>) => Promise<ReadAnswer>;
}

interface Shared {
  readonly perMinute: number;
  readonly perDay: number;
  readonly timeoutSeconds: number;
}

/** The providers that are configured. */
export function boundProviders(settings: ProvidersSettings): readonly BoundProvider[] {
  return [
    ...bound(abuseIpdb, settings.abuseipdb),
    ...bound(greyNoise, settings.greynoise),
    ...bound(virusTotal, settings.virustotal),
    ...bound(ipinfo, settings.ipinfo),
    ...bound(otx, settings.otx),
  ];
}

/** Reports of OTX on what many people reported are the longest. */
const mostAnswerBytes = 4 * 1024 * 1024;

function bound<Settings extends Shared>(
  provider: Provider<Settings>,
  settings: Settings | undefined,
): readonly BoundProvider[] {
  if (settings === undefined) return [];
  const { type, vendor, knows } = provider;
  const { perMinute, perDay } = settings;
  const timeoutMs = settings.timeoutSeconds * 1000;
  return [
    {
      type,
      vendor,
      knows,
      perMinute,
      perDay,
      timeoutMs,
      link: (about) => provider.link(about),
      ask: async (about, means) => {
        const transport = { ...means, timeoutMs, mostBodyBytes: mostAnswerBytes };
        const exchange = await sendRequest(provider.request(about, settings), transport);
        return exchange.type === 'response' ? provider.read(exchange.response, about, settings) : exchange;
      },
    },
  ];
}

const longestSummary = 300;

/** What was said, as alerts keep it. */
export function lookupOf(
  { vendor, link }: Pick<BoundProvider, 'vendor' | 'link'>,
  about: Observable,
  answer: ReadAnswer,
  now: number,
): Lookup {
  const said = answer.type === 'said';
  return {
    provider: vendor,
    about,
    verdict: said ? answer.verdict : 'unanswered',
    summary: line(said ? answer.summary : answer.reason, longestSummary),
    ...(said && { link: link(about) }),
    at: now,
  };
}
