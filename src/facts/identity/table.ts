import type { Analyser } from '../fact.ts';
import { credentialGuards } from './credential-guards.ts';
import { organisationPolicy } from './organisation-policy.ts';
import { privilegeChange } from './privilege-change.ts';
import { signIn } from './signin.ts';
import { roleTrust } from './trust.ts';

/** The analysers of who may do what, and as whom people come in. */
export const identityAnalysers: readonly Analyser[] = [
  credentialGuards,
  organisationPolicy,
  privilegeChange,
  roleTrust,
  signIn,
];
