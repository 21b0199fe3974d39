import * as z from 'zod';
import type { Observable, ObservableType } from '../context/observable.ts';
import type { ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { joined } from '../notify/settings.ts';
import { parts, readJson, type ReadAnswer } from './provider.ts';
import { sharedSettings } from './settings.ts';

/** What some ninety scanners say: https://docs.virustotal.com/reference/ip-info, domain-info and file-info */

const virusTotalSettings = z
  .strictObject({
    // 4 a minute and 500 a day for nothing: https://docs.virustotal.com/reference/public-vs-premium-api
    ...sharedSettings({ url: 'https://www.virustotal.com/api/v3', perMinute: 4, perDay: 500 }),
    maliciousFrom: z
      .int()
      .min(1)
      .max(50)
      .default(3)
      .describe(
        'So many scanners must call it malicious for it to count as that; one is enough for suspicious.',
      ),
  })
  .describe('VirusTotal: how many scanners call an address, domain or file malicious.');

type Settings = z.output<typeof virusTotalSettings>;

const number = z.number().min(0).catch(0);
const text = z.string().nullish().catch(undefined);

const answer = z.object({
  data: z.object({
    attributes: z.object({
      last_analysis_stats: z.object({
        malicious: z.number().min(0),
        suspicious: number,
        harmless: number,
        undetected: number,
      }),
      as_owner: text,
      country: text,
      meaningful_name: text,
      popular_threat_classification: z.object({ suggested_threat_label: text }).nullish().catch(undefined),
    }),
  }),
});

const collections: Readonly<Record<ObservableType, readonly [api: string, page: string]>> = {
  address: ['ip_addresses', 'ip-address'],
  domain: ['domains', 'domain'],
  hash: ['files', 'file'],
};

export const virusTotal = {
  type: 'virustotal' as const,
  vendor: 'VirusTotal',
  settings: virusTotalSettings,
  knows: ['address', 'domain', 'hash'] as const,

  request({ type, value }: Observable, { url, key }: Settings): ChannelRequest {
    return {
      url: joined(url, `/${collections[type][0]}/${encodeURIComponent(value)}`),
      method: 'GET',
      headers: { 'x-apikey': key, accept: 'application/json', 'user-agent': 'tocsin' },
      body: '',
    };
  },

  read(response: ChannelResponse, _about: Observable, { maliciousFrom }: Settings): ReadAnswer {
    if (response.status === 404 && response.body.includes('NotFoundError'))
      return { type: 'said', verdict: 'none', summary: 'not known there' };
    return readJson(response, answer, ({ data: { attributes } }) => {
      const { malicious, suspicious, harmless, undetected } = attributes.last_analysis_stats;
      const all = malicious + suspicious + harmless + undetected;
      return {
        verdict:
          malicious >= maliciousFrom ? 'malicious' : malicious + suspicious > 0 ? 'suspicious' : 'none',
        summary: parts(
          `${malicious} of ${all} scanners call it malicious`,
          suspicious > 0 && `${suspicious} suspicious`,
          attributes.popular_threat_classification?.suggested_threat_label,
          attributes.meaningful_name,
          attributes.as_owner,
          attributes.country,
        ),
      };
    });
  },

  link: ({ type, value }: Observable) =>
    `https://www.virustotal.com/gui/${collections[type][1]}/${encodeURIComponent(value)}`,
};
