import fc from 'fast-check';
import { parseNetwork, type Network } from '../network.ts';

/** A network that the test itself has written. */
export function net(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new Error(`${text} is no network`);
  return network;
}

/** Up to forty networks within 192.0.2.0/24, so that they often meet. */
export const smallNetworks: fc.Arbitrary<Network[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 26, max: 32 }))
    .map(([last, prefix]) => net(`192.0.2.${last}/${prefix}`)),
  { maxLength: 40 },
);
