import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';

/** A resource that answers as a website, and where it sends its visitors. */
export interface Website {
  readonly change: 'opened' | 'closed' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  /** Hosts that visitors are sent to, in lower case. */
  readonly redirectHosts: readonly string[];
  /** True where every request is sent on. */
  readonly redirectsAll: boolean;
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
}

/** What rules see under `tocsin.website`. Held by a test to what is produced. */
export const websiteFieldNames: readonly FieldName[] = [
  {
    name: 'website.change',
    description: 'opened (it answers as a website now), closed, unchanged (the call failed) or unknown',
  },
  { name: 'website.attempted', description: 'true where the call failed' },
  { name: 'website.redirect_hosts', description: 'hosts that visitors are sent to, in lower case' },
  { name: 'website.redirects_all', description: 'true where every request is sent on to another host' },
  { name: 'website.resource_type', description: 'such as AWS::S3::Bucket' },
  { name: 'website.resource', description: 'ARN of what answers' },
  { name: 'website.resource_name', description: 'what people call it' },
];

/** A website as a fact with its sentence. */
export function websiteFact(website: Website, explanation: string, unknowns: readonly string[]): Fact {
  return {
    subject: 'website',
    explanation,
    unknowns,
    fields: {
      change: website.change,
      attempted: website.attempted,
      redirect_hosts: website.redirectHosts,
      redirects_all: website.redirectsAll,
      resource_type: website.resourceType,
      resource: website.resource,
      resource_name: website.resourceName,
    },
  };
}
