import type { Analyser } from '../fact.ts';
import { guardAnalyser } from '../guards/guard.ts';
import { apiGuards } from './api.ts';
import { distributionGuards } from './cloudfront.ts';
import { balancerGuards } from './load-balancer.ts';
import { networkGuards } from './network-guards.ts';
import { edgeExposure } from './opening.ts';

/** What stands between the internet and an account: load balancers, APIs, distributions, endpoints, and what guards them. */
export const edgeAnalysers: readonly Analyser[] = [
  edgeExposure,
  guardAnalyser('edge-protection', [
    ...balancerGuards,
    ...distributionGuards,
    ...apiGuards,
    ...networkGuards,
  ]),
];
