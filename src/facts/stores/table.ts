import { entry } from '../compute/entry.ts';
import { launch } from '../compute/launch.ts';
import type { Analyser } from '../fact.ts';
import { machineProtection, storeProtection } from '../guards/guards.ts';
import { copy } from './copy.ts';
import { deletion } from './deletion.ts';
import { publicSwitch } from './public-switch.ts';
import { share } from './share.ts';

/** Data stores and machines: who can reach them, and what guards them. */
export const storeAnalysers: readonly Analyser[] = [
  publicSwitch,
  share,
  storeProtection,
  machineProtection,
  launch,
  entry,
  copy,
  deletion,
];
