import * as z from 'zod';
import type { Observable } from '../context/observable.ts';
import type { ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { joined } from '../notify/settings.ts';
import { count, parts, readJson, type ReadAnswer } from './provider.ts';
import { sharedSettings } from './settings.ts';

/** Reports of abuse by address: https://docs.abuseipdb.com/#check-endpoint */

const abuseIpdbSettings = z
  .strictObject({
    // 1,000 a day for nothing: https://www.abuseipdb.com/pricing
    ...sharedSettings({ url: 'https://api.abuseipdb.com/api/v2', perMinute: 60, perDay: 1_000 }),
    days: z.int().min(1).max(365).default(90).describe('How old reports may be that count, in days.'),
    maliciousFrom: z
      .int()
      .min(1)
      .max(100)
      .default(75)
      .describe(
        'From this confidence on, in percent, an address counts as malicious; from a third of it, as suspicious.',
      ),
  })
  .describe('AbuseIPDB: who reported an address for what.');

type Settings = z.output<typeof abuseIpdbSettings>;

const answer = z.object({
  data: z.object({
    abuseConfidenceScore: z.number().min(0).max(100),
    totalReports: z.number().min(0),
    numDistinctUsers: z.number().nullish().catch(undefined),
    isWhitelisted: z.boolean().nullish().catch(undefined),
    isTor: z.boolean().nullish().catch(undefined),
    usageType: z.string().nullish().catch(undefined),
    isp: z.string().nullish().catch(undefined),
  }),
});

export const abuseIpdb = {
  type: 'abuseipdb' as const,
  vendor: 'AbuseIPDB',
  settings: abuseIpdbSettings,
  knows: ['address'] as const,

  request({ value }: Observable, { url, key, days }: Settings): ChannelRequest {
    const query = new URLSearchParams({ ipAddress: value, maxAgeInDays: String(days) });
    return {
      url: joined(url, `/check?${query.toString()}`),
      method: 'GET',
      headers: { key, accept: 'application/json', 'user-agent': 'tocsin' },
      body: '',
    };
  },

  read(response: ChannelResponse, _about: Observable, { days, maliciousFrom }: Settings): ReadAnswer {
    return readJson(response, answer, ({ data }) => {
      const { abuseConfidenceScore: score, totalReports, numDistinctUsers, isWhitelisted, isTor } = data;
      const reports =
        totalReports === 0
          ? `no reports in ${days} days`
          : `${count(totalReports, 'report')}${typeof numDistinctUsers === 'number' ? ` by ${numDistinctUsers.toLocaleString('en')}` : ''} in ${days} days`;
      return {
        verdict:
          isWhitelisted === true
            ? 'benign'
            : score >= maliciousFrom
              ? 'malicious'
              : score >= maliciousFrom / 3
                ? 'suspicious'
                : 'none',
        summary: parts(
          isWhitelisted === true && 'known to be harmless',
          reports,
          totalReports > 0 && `confidence ${score} %`,
          isTor === true && 'Tor exit',
          data.usageType,
          data.isp,
        ),
      };
    });
  },

  link: ({ value }: Observable) => `https://www.abuseipdb.com/check/${encodeURIComponent(value)}`,
};
