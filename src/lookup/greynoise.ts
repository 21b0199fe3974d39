import * as z from 'zod';
import type { Observable } from '../context/observable.ts';
import type { ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { joined } from '../notify/settings.ts';
import { parts, readJson, type ReadAnswer } from './provider.ts';
import { sharedSettings } from './settings.ts';

/** Who scans the whole internet, and who only serves it: https://docs.greynoise.io/reference/get_v3-community-ip */

const greyNoiseSettings = z
  .strictObject({
    // 50 a week for nothing: https://docs.greynoise.io/docs/using-the-greynoise-community-api
    ...sharedSettings({ url: 'https://api.greynoise.io', perMinute: 10, perDay: 7 }),
  })
  .describe('GreyNoise (the community API): whether an address scans the whole internet, and whose it is.');

type Settings = z.output<typeof greyNoiseSettings>;

const answer = z.object({
  noise: z.boolean(),
  riot: z.boolean(),
  classification: z.string().nullish().catch(undefined),
  name: z.string().nullish().catch(undefined),
  last_seen: z.string().nullish().catch(undefined),
});

export const greyNoise = {
  type: 'greynoise' as const,
  vendor: 'GreyNoise',
  settings: greyNoiseSettings,
  knows: ['address'] as const,

  request({ value }: Observable, { url, key }: Settings): ChannelRequest {
    return {
      url: joined(url, `/v3/community/${encodeURIComponent(value)}`),
      method: 'GET',
      headers: { key, accept: 'application/json', 'user-agent': 'tocsin' },
      body: '',
    };
  },

  read(response: ChannelResponse): ReadAnswer {
    // What it has never seen is answered with 404 and the same members.
    const known = response.status === 404 ? { ...response, status: 200 } : response;
    return readJson(known, answer, ({ noise, riot, classification, name, last_seen: lastSeen }) => ({
      verdict: riot
        ? 'benign'
        : classification === 'malicious' || classification === 'suspicious' || classification === 'benign'
          ? classification
          : 'none',
      summary: parts(
        riot && 'a known service',
        noise && 'scans the internet',
        !noise && !riot && 'not seen scanning the internet',
        classification !== undefined && classification !== 'unknown' && classification,
        name !== 'unknown' && name,
        noise && typeof lastSeen === 'string' && `last seen ${lastSeen}`,
      ),
    }));
  },

  link: ({ value }: Observable) => `https://viz.greynoise.io/ip/${encodeURIComponent(value)}`,
};
