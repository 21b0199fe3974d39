import * as z from 'zod';
import type { Observable } from '../context/observable.ts';
import type { ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { joined } from '../notify/settings.ts';
import { parts, readJson, type ReadAnswer } from './provider.ts';
import { sharedSettings } from './settings.ts';

/** Whose an address is, and where: https://ipinfo.io/developers */

const ipinfoSettings = z
  .strictObject({
    ...sharedSettings({ url: 'https://api.ipinfo.io', perMinute: 600, perDay: 50_000 }),
    plan: z
      .enum(['lite', 'lookup'])
      .default('lite')
      .describe(
        'The API that the key is for: `lite` tells network and country, `lookup` (the plans Core and Plus) also city, hosting, VPN and proxy.',
      ),
  })
  .describe('ipinfo: whose an address is, where it is, and whether it is a VPN, a proxy or a data centre.');

type Settings = z.output<typeof ipinfoSettings>;

const text = z.string().nullish().catch(undefined);
const flag = z.boolean().nullish().catch(undefined);

const answer = z.object({
  ip: z.string(),
  asn: text,
  as_name: text,
  country: text,
  hostname: text,
  geo: z.object({ city: text, country: text }).nullish().catch(undefined),
  as: z.object({ asn: text, name: text, type: text }).nullish().catch(undefined),
  anonymous: z
    .object({ name: text, is_proxy: flag, is_relay: flag, is_tor: flag, is_vpn: flag })
    .nullish()
    .catch(undefined),
  is_hosting: flag,
  is_anonymous: flag,
});

export const ipinfo = {
  type: 'ipinfo' as const,
  vendor: 'ipinfo',
  settings: ipinfoSettings,
  knows: ['address'] as const,

  request({ value }: Observable, { url, key, plan }: Settings): ChannelRequest {
    return {
      url: joined(url, `/${plan}/${encodeURIComponent(value)}`),
      method: 'GET',
      headers: { authorization: `Bearer ${key}`, accept: 'application/json', 'user-agent': 'tocsin' },
      body: '',
    };
  },

  /** It tells what an address is, and judges nobody. */
  read(response: ChannelResponse): ReadAnswer {
    return readJson(response, answer, (said) => {
      const { geo, as, anonymous, hostname } = said;
      const summary = parts(
        [as?.asn ?? said.asn, as?.name ?? said.as_name].filter(Boolean).join(' '),
        geo?.city,
        geo?.country ?? said.country,
        hostname,
        said.is_hosting === true && 'hosting',
        anonymous?.is_tor === true && 'Tor',
        anonymous?.is_vpn === true && 'VPN',
        anonymous?.is_proxy === true && 'proxy',
        anonymous?.is_relay === true && 'relay',
        said.is_anonymous === true && anonymous?.name,
      );
      return { verdict: 'none', summary: summary === '' ? 'not known there' : summary };
    });
  },

  link: ({ value }: Observable) => `https://ipinfo.io/${encodeURIComponent(value)}`,
};
