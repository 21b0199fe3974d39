import { isIpv4, maskOf, parseAddress, wordsInAddress } from './address.ts';

/** A few networks, such as configured proxies, asked for whole addresses. */
export interface Networks {
  readonly has: (words: Uint32Array, at?: number) => boolean;
}

/**
 * Networks as people write them: `192.0.2.0/24`, `2001:db8::/32`, or a single address. Bits behind the prefix count for nothing.
 * @throws where one cannot be read
 */
export function networksOf(texts: readonly string[]): Networks {
  const networks = texts.map((text) => {
    const [address = '', prefix, ...rest] = text.trim().split('/');
    const words = new Uint32Array(wordsInAddress);
    const bytes = Buffer.from(address);
    const readable = parseAddress(bytes, 0, bytes.length, words);
    const v4 = readable && isIpv4(words) && !address.includes(':');
    const longest = v4 ? 32 : 128;
    const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (!readable || rest.length > 0 || !(length <= longest))
      throw new Error(
        `${JSON.stringify(text)} is no network; expected an address or a network such as 192.0.2.0/24`,
      );
    const bits = v4 ? 96 + length : length;
    const masks = Uint32Array.from({ length: wordsInAddress }, (_, word) => maskOf(bits - word * 32));
    return { words: words.map((word, i) => word & (masks[i] ?? 0)), masks };
  });
  return {
    has: (words, at = 0) =>
      networks.some((network) =>
        network.words.every((word, i) => ((words[at + i] ?? 0) & (network.masks[i] ?? 0)) >>> 0 === word),
      ),
  };
}
