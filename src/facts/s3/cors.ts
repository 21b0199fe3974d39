import type { Event } from '../../event/event.ts';
import { corsFact } from '../cors.ts';
import type { Cors } from '../cors.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { listed, quote } from '../sentence.ts';
import { left, said } from './said.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { children, element, leaves } from './xml.ts';

/**
 * Which websites a bucket lets use it through browsers. It gives nobody a right that they have not: it lets a website use
 * what its visitor may, or what anybody may.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
 */
export const s3Cors: Analyser = {
  name: 's3-cors',
  subjects: ['cors'],
  actions: bucketCalls('DeleteBucketCors', 'PutBucketCors'),
  analyse,
};

type Reach = Cors['reach'];

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  const make = (
    change: Cors['change'],
    sentence: string,
    unknowns: readonly string[],
    to: Pick<Cors, 'origins' | 'reach' | 'methods'>,
  ): Fact => {
    const attempted = isAttempt(event);
    const cors: Cors = {
      change: attempted ? 'unchanged' : change,
      attempted,
      ...to,
      resourceType: resource.type,
      resource: resource.arn,
      resourceName: resource.name,
    };
    return corsFact(cors, said(event, sentence), left(event, unknowns));
  };
  const nobody = { origins: [], reach: 'none', methods: [] } as const;
  if (event.action === 'DeleteBucketCors') {
    return [make('closed', `no website may use ${spoken} through its visitors' browsers`, [], nobody)];
  }
  const configuration =
    element(requestOf(event), 'CORSConfiguration') ?? element(requestOf(event), 'CorsConfiguration');
  const rules = [...children(configuration, 'CORSRule'), ...children(configuration, 'CORSRules')].map(
    (rule) => {
      const origins = leaves(rule, 'AllowedOrigin');
      return { origins, reach: reachOf(origins), methods: leaves(rule, 'AllowedMethod') };
    },
  );
  for (const reach of ['any', 'pattern', 'named'] as const) {
    const theirs = rules.filter((rule) => rule.reach === reach);
    if (theirs.length === 0) continue;
    const methods = [
      ...new Set(theirs.flatMap((rule) => rule.methods.map((method) => method.toUpperCase()))),
    ].sort();
    const origins = [...new Set(theirs.flatMap((rule) => rule.origins))].sort();
    const who = reach === 'any' ? 'every website' : `websites at ${listed(origins.map(quote))}`;
    const sentence = `${who} may now send ${listed(methods.map(quote))} to ${spoken} through its visitors' browsers`;
    const unknowns =
      reach === 'any'
        ? ['what they get there: without a signature only what policy and ACL let everyone do']
        : [];
    return [make('opened', sentence, unknowns, { origins, reach, methods })];
  }
  const unknowns = ['which websites may use it: GetBucketCors would tell'];
  return [make('unknown', `CORS of ${spoken} was set, but cannot be read from the record`, unknowns, nobody)];
}

/** `*`, and a scheme with nothing but a star behind it, let in every website. */
function reachOf(origins: readonly string[]): Reach {
  if (origins.some((origin) => /^(https?:\/\/)?\*$/i.test(origin))) return 'any';
  if (origins.some((origin) => origin.includes('*'))) return 'pattern';
  return origins.length === 0 ? 'none' : 'named';
}
