import { isJsonObject, type Json } from '../../../event/json.ts';
import { aclTold, blockAspect, switchesOn } from '../s3.ts';
import { at, set, setIf, textAt, told, type AspectChange, type Place, type Sighting } from '../sighting.ts';

/** What the answers of S3 say of a bucket. Undefined: not known. Null: there is none. */
export interface BucketAnswers {
  readonly name: string;
  readonly createdAt?: Json | undefined;
  /** The text of the policy: GetBucketPolicy. */
  readonly policy?: Json | undefined;
  /** The whole answer of GetBucketAcl. */
  readonly acl?: Json | undefined;
  /** GetPublicAccessBlock. */
  readonly block?: Json | undefined;
  /** GetBucketOwnershipControls. */
  readonly ownership?: Json | undefined;
  /** GetBucketVersioning; without a status where it never was on. */
  readonly versioning?: Json | undefined;
  /** GetBucketWebsite. */
  readonly website?: Json | undefined;
}

export function bucketShown(place: Place, answers: BucketAnswers): Sighting {
  const { name, policy, acl, block, ownership, versioning, website } = answers;
  return {
    type: 'AWS::S3::Bucket',
    id: name,
    name,
    arn: `arn:${place.partition}:s3:::${name}`,
    account: place.account,
    region: place.region,
    what: 'shown',
    aspects: told({
      'made on': setIf(answers.createdAt),
      policy: policy === undefined ? undefined : set(policy ?? undefined),
      acl: aclShown(acl),
      [blockAspect]: blockShown(block),
      ownership: ownership === undefined ? undefined : set(ownershipIn(ownership)),
      versioning: versioning === undefined ? undefined : set(textAt(versioning, 'Status')),
      website: website === undefined ? undefined : set(website === null ? undefined : true),
    }),
  };
}

/** The switches of the account; null where there are none, which is as if all were off. */
export function accountBlockShown({ account }: Place, block: Json): readonly Sighting[] {
  if (account === undefined) return [];
  const aspects = told({ [blockAspect]: blockShown(block) });
  return [
    {
      type: 'AWS::S3::AccountPublicAccessBlock',
      id: account,
      name: account,
      account,
      what: 'shown',
      aspects,
    },
  ];
}

function blockShown(block: Json | undefined): AspectChange | undefined {
  if (block === null) return set([]);
  const configuration = at(block, 'PublicAccessBlockConfiguration');
  return isJsonObject(configuration) ? set(switchesOn(configuration)) : undefined;
}

function ownershipIn(ownership: Json): Json | undefined {
  const rules = at(ownership, 'OwnershipControls.Rules');
  const [first]: readonly Json[] = Array.isArray(rules) ? (rules as readonly Json[]) : [];
  return ownership === null ? undefined : (textAt(first, 'ObjectOwnership') ?? null);
}

/** As a document of an ACL in a request, so that both are read alike. */
function aclShown(acl: Json | undefined): AspectChange | undefined {
  if (!isJsonObject(acl)) return undefined;
  return aclTold({
    AccessControlPolicy: {
      Owner: at(acl, 'Owner') ?? null,
      AccessControlList: { Grant: at(acl, 'Grants') ?? [] },
    },
  });
}
