import * as z from 'zod';
import type { Observable } from '../context/observable.ts';
import type { ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { joined } from '../notify/settings.ts';
import { count, parts, readJson, type ReadAnswer } from './provider.ts';
import { sharedSettings } from './settings.ts';

/** In which reports of the community it is named: https://otx.alienvault.com/assets/static/external_api.html */

const otxSettings = z
  .strictObject({
    // 10,000 an hour with a key.
    ...sharedSettings({ url: 'https://otx.alienvault.com/api/v1', perMinute: 160, perDay: 100_000 }),
  })
  .describe('OTX (Open Threat Exchange of LevelBlue, once AlienVault): in which reports something is named.');

type Settings = z.output<typeof otxSettings>;

const text = z.string().nullish().catch(undefined);

const answer = z.object({
  pulse_info: z.object({
    count: z.number().min(0),
    pulses: z
      .array(z.object({ name: text, adversary: text }).catch({ name: undefined, adversary: undefined }))
      .catch([]),
  }),
  /** Why it may be harmless. */
  validation: z
    .array(z.object({ name: text }))
    .catch([])
    .default([]),
});

const mostNames = 3;

export const otx = {
  type: 'otx' as const,
  vendor: 'OTX',
  settings: otxSettings,
  knows: ['address', 'domain', 'hash'] as const,

  request(about: Observable, { url, key }: Settings): ChannelRequest {
    return {
      url: joined(
        url,
        `/indicators/${kindOf(about, 'IPv4', 'IPv6')}/${encodeURIComponent(about.value)}/general`,
      ),
      method: 'GET',
      headers: { 'x-otx-api-key': key, accept: 'application/json', 'user-agent': 'tocsin' },
      body: '',
    };
  },

  /** Anybody may write a report there, so that one alone accuses nobody of more than being suspicious. */
  read(response: ChannelResponse): ReadAnswer {
    if (response.status === 404) return { type: 'said', verdict: 'none', summary: 'not known there' };
    return readJson(response, answer, ({ pulse_info: { count: number, pulses }, validation }) => {
      const names = pulses
        .slice(0, mostNames)
        .flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
      const adversary = pulses
        .map((pulse) => pulse.adversary)
        .find((name) => typeof name === 'string' && name !== '');
      return {
        verdict: validation.length > 0 ? 'benign' : number > 0 ? 'suspicious' : 'none',
        summary: parts(
          number === 0
            ? 'in no report'
            : `in ${count(number, 'report')}${names.length === 0 ? '' : `: ${names.join('; ')}`}`,
          adversary && `adversary ${adversary}`,
          validation.length > 0 &&
            `listed as harmless by ${validation
              .slice(0, mostNames)
              .map(({ name }) => name ?? 'a list')
              .join('; ')}`,
        ),
      };
    });
  },

  link: (about: Observable) =>
    `https://otx.alienvault.com/indicator/${kindOf(about, 'ip', 'ip')}/${encodeURIComponent(about.value)}`,
};

function kindOf({ type, value }: Observable, v4: string, v6: string): string {
  if (type !== 'address') return type === 'hash' ? 'file' : type;
  return value.includes(':') ? v6 : v4;
}
