import { isJsonObject } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';

/** One principal of a policy. `text` is what the document says. */
export type Principal =
  | { readonly kind: 'everyone'; readonly text: string }
  | { readonly kind: 'account'; readonly account: string; readonly text: string }
  | { readonly kind: 'identity'; readonly account: string; readonly text: string }
  | { readonly kind: 'unique-id'; readonly text: string }
  | { readonly kind: 'service'; readonly text: string }
  | { readonly kind: 'federated'; readonly account: string | undefined; readonly text: string }
  | { readonly kind: 'canonical-user'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly text: string };

const accountId = /^\d{12}$/;
const principalArn = /^arn:[a-z-]+:(iam|sts)::([^:]*):(.+)$/;
// The prefixes of unique ids of principals: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
const uniqueId = /^(AIDA|AROA|AGPA|ANPA|AIPA|ASCA|ABIA|ACCA)[A-Z0-9]{8,124}$/;

/**
 * The principals that a `Principal` or `NotPrincipal` element names, in every form that AWS takes
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html),
 * or what is wrong with it.
 */
export function parsePrincipals(element: Json): readonly Principal[] | { readonly problem: string } {
  if (element === '*') return [{ kind: 'everyone', text: '*' }];
  if (!isJsonObject(element)) return { problem: 'its principal is neither "*" nor an object' };
  const principals: Principal[] = [];
  for (const [type, value] of Object.entries(element)) {
    const names: readonly Json[] = Array.isArray(value) ? value : value === undefined ? [] : [value];
    for (const name of names) {
      // An account id written as a number is refused by AWS, but what it means is plain.
      const text = typeof name === 'number' ? String(name).padStart(12, '0') : name;
      if (typeof text !== 'string' || text === '') {
        return { problem: `its principal of type ${JSON.stringify(type)} is not a text` };
      }
      principals.push(parsePrincipal(type, text));
    }
  }
  return principals.length === 0 ? { problem: 'its principal names nobody' } : principals;
}

function parsePrincipal(type: string, text: string): Principal {
  switch (type) {
    case 'AWS':
      return parseAws(text);
    case 'Service':
      return { kind: 'service', text };
    case 'Federated':
      return text.includes('*')
        ? { kind: 'unreadable', text }
        : { kind: 'federated', account: /^arn:[a-z-]+:iam::(\d{12}):/.exec(text)?.[1], text };
    case 'CanonicalUser':
      return text.includes('*') ? { kind: 'unreadable', text } : { kind: 'canonical-user', text };
    default:
      return { kind: 'unreadable', text: `${type}: ${text}` };
  }
}

function parseAws(text: string): Principal {
  // For a resource's policy AWS says that {"AWS":"*"} and "*" are the same: the anonymous caller is in both.
  if (text === '*') return { kind: 'everyone', text };
  if (accountId.test(text)) return { kind: 'account', account: text, text };
  if (uniqueId.test(text)) return { kind: 'unique-id', text };
  const [, , account = '', rest = ''] = principalArn.exec(text) ?? [];
  // The origin access identities of CloudFront live in an account of AWS's own.
  if (account === 'cloudfront') return { kind: 'service', text };
  if (!accountId.test(account) || /[*?]/.test(rest)) return { kind: 'unreadable', text };
  return rest === 'root' ? { kind: 'account', account, text } : { kind: 'identity', account, text };
}

/** True where whoever is `inner` surely is `outer` too: an account holds its users and roles. */
export function holds(outer: Principal, inner: Principal): boolean {
  if (outer.kind === 'everyone') return true;
  if (outer.kind === 'account') {
    return (inner.kind === 'account' || inner.kind === 'identity') && inner.account === outer.account;
  }
  if (outer.kind === 'service' && outer.text === '*') return inner.kind === 'service';
  return outer.kind !== 'unreadable' && outer.kind === inner.kind && outer.text === inner.text;
}

/** The AWS account that a principal belongs to, where its name tells. */
export function accountOf(principal: Principal): string | undefined {
  return principal.kind === 'account' || principal.kind === 'identity' || principal.kind === 'federated'
    ? principal.account
    : undefined;
}
