import type { Fact } from './fact.ts';
import type { FieldName } from './field-name.ts';

/** Which websites' scripts may use a resource with their visitors' browsers. */
export interface Cors {
  readonly change: 'opened' | 'closed' | 'unchanged' | 'unknown';
  readonly attempted: boolean;
  readonly origins: readonly string[];
  /** `any`: every website; `pattern`: by a wildcard; `named`: these alone; `none`. */
  readonly reach: 'any' | 'pattern' | 'named' | 'none';
  readonly methods: readonly string[];
  readonly resourceType: string;
  readonly resource: string;
  readonly resourceName: string;
}

/** What rules see under `tocsin.cors`. Held by a test to what is produced. */
export const corsFieldNames: readonly FieldName[] = [
  {
    name: 'cors.change',
    description: 'opened (these websites may now), closed, unchanged (the call failed) or unknown',
  },
  { name: 'cors.attempted', description: 'true where the call failed' },
  { name: 'cors.origins', description: 'origins as the request names them; * for every website' },
  {
    name: 'cors.reach',
    description: 'any (every website), pattern (by a wildcard), named (certain ones) or none',
  },
  { name: 'cors.methods', description: 'the methods that those with the widest reach may use, such as PUT' },
  { name: 'cors.resource_type', description: 'such as AWS::S3::Bucket' },
  { name: 'cors.resource', description: 'ARN of what answers them' },
  { name: 'cors.resource_name', description: 'what people call it' },
];

/** A CORS setting as a fact with its sentence. */
export function corsFact(cors: Cors, explanation: string, unknowns: readonly string[]): Fact {
  return {
    subject: 'cors',
    explanation,
    unknowns,
    fields: {
      change: cors.change,
      attempted: cors.attempted,
      origins: cors.origins,
      reach: cors.reach,
      methods: cors.methods,
      resource_type: cors.resourceType,
      resource: cors.resource,
      resource_name: cors.resourceName,
    },
  };
}
