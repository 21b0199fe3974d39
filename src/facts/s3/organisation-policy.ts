import type { Event } from '../../event/event.ts';
import { object } from '../../event/json.ts';
import type { Json } from '../../event/json.ts';
import type { Analyser, Fact } from '../fact.ts';
import { isAttempt } from '../gate.ts';
import { protectionFact } from '../protection.ts';
import type { Protection } from '../protection.ts';
import { quote } from '../sentence.ts';
import { left, said } from './said.ts';
import { requestOf } from './s3-calls.ts';
import { element, leaf } from './xml.ts';

/**
 * Block Public Access by an organisation's S3 policies, which overrule the accounts' own settings where they are attached.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html
 */
export const s3OrganisationPolicy: Analyser = {
  name: 's3-organisation-policy',
  subjects: ['protection'],
  actions: ['CreatePolicy', 'DisablePolicyType', 'EnablePolicyType', 'UpdatePolicy'].map(
    (name) => `organizations.amazonaws.com:${name}`,
  ),
  analyse,
};

function analyse(event: Event): readonly Fact[] {
  const request = requestOf(event);
  if (event.action === 'DisablePolicyType' || event.action === 'EnablePolicyType') {
    if (leaf(request, 'policyType') !== 'S3_POLICY') return [];
    const root = leaf(request, 'rootId') ?? 'the organisation';
    const wanted = event.action === 'DisablePolicyType' ? 'removed' : 'restored';
    const sentence =
      wanted === 'removed'
        ? `the organisation's S3 policies have no effect any more in ${quote(root)}: Block Public Access is up to each account`
        : `the organisation's S3 policies can take effect in ${quote(root)}`;
    return [fact(event, root, wanted, sentence)];
  }
  const summary = element(element(object(event.fields, 'responseElements'), 'policy'), 'policySummary');
  const type = leaf(request, 'type') ?? leaf(summary, 'type');
  if (type !== undefined && type !== 'S3_POLICY') return [];
  const assigned = assignedBy(leaf(request, 'content'));
  if (assigned === undefined) return [];
  const id = leaf(request, 'policyId') ?? leaf(summary, 'id') ?? leaf(request, 'name') ?? 'unnamed';
  const wanted = assigned === 'all' ? 'restored' : assigned === 'none' ? 'removed' : 'unknown';
  const sentence =
    wanted === 'restored'
      ? `the organisation's S3 policy ${quote(id)} switches Block Public Access fully on where it is attached`
      : wanted === 'removed'
        ? `the organisation's S3 policy ${quote(id)} switches Block Public Access off where it is attached`
        : `what the organisation's S3 policy ${quote(id)} does to Block Public Access cannot be read`;
  return [fact(event, id, wanted, sentence)];
}

const longest = 100_000;

/** What the policy says about Block Public Access; undefined where it is not about that. */
function assignedBy(content: string | undefined): string | undefined {
  if (content === undefined || content.length > longest || !content.includes('s3_attributes'))
    return undefined;
  const setting = element(element(parsed(content), 's3_attributes'), 'public_access_block_configuration');
  return setting === undefined ? undefined : (leaf(setting, '@@assign') ?? 'unknown').toLowerCase();
}

function parsed(content: string): Json | undefined {
  try {
    return JSON.parse(content) as Json;
  } catch {
    return undefined;
  }
}

function fact(event: Event, id: string, wanted: 'removed' | 'restored' | 'unknown', sentence: string): Fact {
  const attempted = isAttempt(event);
  const protection: Protection = {
    kind: 'block-public-access',
    change: attempted ? 'unchanged' : wanted,
    wanted,
    attempted,
    scope: 'organisation',
    resourceType: 'AWS::Organizations::Policy',
    resource: id,
    resourceName: id,
    lost: [],
  };
  const unknowns =
    wanted === 'restored' ? [] : ['which accounts it is attached to: ListTargetsForPolicy would tell'];
  return protectionFact(protection, said(event, sentence), left(event, unknowns));
}
