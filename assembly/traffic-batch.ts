/**
 * Where a batch of requests lies in the memory of assembly/traffic-kernel.ts, and how much of one there may be. The host is
 * src/web/traffic-kernel.ts.
 */

/** The most rows of a batch. */
export const rowsMost: u32 = 8192;
/** The most bytes of a batch. */
export const inputMost: u32 = 2097152;

// Places in this memory. The host puts bytes, and where in them each row's text begins and ends, into the first three.
export const starts: u32 = 65536;
export const ends: u32 = starts + rowsMost * 4;
export const input: u32 = ends + rowsMost * 4;
/** Of each row its client, and before that 0 where it has an address and -1 where it has none. */
export const clientIds: u32 = input + inputMost + 64;
/** 16 bytes of each row: its address, as four words. */
export const addresses: u32 = clientIds + rowsMost * 4;
export const addressHashes: u32 = addresses + rowsMost * 16;
/** Where what follows may lie (assembly/traffic-counts.ts). */
export const behind: u32 = addressHashes + rowsMost * 4;
