import type { Event } from '../../event/event.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { s3ResourceOf } from '../s3-resource.ts';
import { listed, quote } from '../sentence.ts';
import { websiteFact } from '../website.ts';
import type { Website } from '../website.ts';
import { left, said } from './said.ts';
import { bucketCalls, requestOf } from './s3-calls.ts';
import { children, element, leaf } from './xml.ts';

/**
 * A bucket that answers as a website, and the hosts that it sends visitors to.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
 */
export const s3Website: Analyser = {
  name: 's3-website',
  subjects: ['website'],
  actions: bucketCalls('DeleteBucketWebsite', 'PutBucketWebsite'),
  analyse,
};

const unknownPublic =
  'whether anybody may read what it serves: a website still needs a public policy or ACL, which GetBucketPolicyStatus and GetBucketAcl would tell';

function analyse(event: Event): readonly Fact[] {
  const resource = s3ResourceOf(event, 'bucket');
  if (resource === undefined) return [];
  const { spoken } = resource;
  const make = (
    change: 'opened' | 'closed' | 'unknown',
    sentence: string,
    unknowns: readonly string[],
    redirectHosts: readonly string[] = [],
    redirectsAll = false,
  ): Fact => {
    const attempted = isAttempt(event);
    const website: Website = {
      change: attempted ? 'unchanged' : change,
      attempted,
      redirectHosts,
      redirectsAll,
      resourceType: resource.type,
      resource: resource.arn,
      resourceName: resource.name,
    };
    return websiteFact(website, said(event, sentence), left(event, unknowns));
  };
  if (event.action === 'DeleteBucketWebsite') {
    return [make('closed', `${spoken} no longer answers as a website`, [])];
  }
  const configuration = element(requestOf(event), 'WebsiteConfiguration');
  if (configuration === undefined) {
    const unknowns = ['what it serves and where it sends visitors: GetBucketWebsite would tell'];
    return [make('unknown', `${spoken} was made a website that the record does not describe`, unknowns)];
  }
  const everyone = leaf(element(configuration, 'RedirectAllRequestsTo'), 'HostName');
  const rules = [
    ...children(element(configuration, 'RoutingRules'), 'RoutingRule'),
    ...children(configuration, 'RoutingRule'),
  ];
  const hosts = [everyone, ...rules.map((rule) => leaf(element(rule, 'Redirect'), 'HostName'))]
    .filter((host) => host !== undefined)
    .map((host) => host.toLowerCase());
  const redirects = [...new Set(hosts)].sort();
  if (redirects.length === 0) {
    return [make('opened', `${spoken} now answers as a website`, [unknownPublic])];
  }
  const who = everyone === undefined ? 'some of its visitors' : 'every visitor';
  const sentence = `${spoken} now answers as a website that sends ${who} to ${listed(redirects.map(quote))}`;
  const unknowns = ['whose the hosts are that visitors are sent to: the event does not tell'];
  if (everyone === undefined) unknowns.push(unknownPublic);
  return [make('opened', sentence, unknowns, redirects, everyone !== undefined)];
}
