import type { Origin } from '../event/event.ts';
import { ownNetworks, type OwnNetwork } from './own-networks.ts';
import { locateNothing, placeOf, type Locate, type Place } from './place.ts';

/** What is known around events besides what they say. Asked only where a rule asks or an alert is made. */
export interface Context {
  readonly placeOf: (origin: Origin) => Place;
}

/** What the configuration tells of it: plain data. */
export interface ContextSetting {
  readonly networks: readonly OwnNetwork[];
}

/** Without a setting and without data nothing is known but what addresses tell by themselves. */
export function createContext(
  { networks }: ContextSetting = { networks: [] },
  locate: Locate = locateNothing,
): Context {
  const own = ownNetworks(networks);
  return { placeOf: (origin) => placeOf(origin, own, locate) };
}

/** Nothing is known. */
export const noContext: Context = createContext();
