import { providerIndex } from './provider-index.ts';
import { readProviderList } from './provider-list.ts';
import type { Provider } from './provider.ts';

/** The documents of providers as they were found: plain data, which may be sent to another thread. */
export interface ProviderDocument {
  readonly provider: string;
  readonly bytes: Uint8Array;
}

/** Reads the documents when the first address is asked for. */
export function providersIn(
  documents: readonly ProviderDocument[],
): (address: string) => Provider | undefined {
  let index: ((address: string) => Provider | undefined) | undefined;
  return (address) => {
    index ??= providerIndex(
      documents.flatMap(({ provider, bytes }) => {
        const read = readProviderList(bytes, provider);
        return read.type === 'read' ? read.contents : [];
      }),
    );
    return index(address);
  };
}
