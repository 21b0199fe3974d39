/** Hashes of texts and of addresses, which nobody who does not know the seed can make collide. */

export let seedA: u64 = 0;
export let seedB: u64 = 0;
export let multiplier: u64 = 0;

@inline
export function spread(value: u64): u64 {
  let h = value;
  h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >>> 27)) * 0x94d049bb133111eb;
  return h ^ (h >>> 31);
}

/** Hashes differ with the seed, in how they begin and in what they multiply with. */
export function seedWith(seed: u32): void {
  seedA = spread(<u64>seed + 0x9e3779b97f4a7c15);
  seedB = spread(seedA + 0x9e3779b97f4a7c15);
  multiplier = spread(seedB + 0x9e3779b97f4a7c15) | 1;
}

@inline
export function step(h: u64, word: u64, by: u64): u64 {
  return rotl((h ^ word) * by, 29);
}

@inline
export function hashOf(at: u32, length: u32, a: u64, b: u64, by: u64): u32 {
  if (length >= 16) {
    const last = at + length - 16;
    for (let i = at; i < last; i += 16) {
      a = step(a, load<u64>(i), by);
      b = step(b, load<u64>(i, 8), by);
    }
    a = step(a, load<u64>(last), by);
    b = step(b, load<u64>(last, 8), by);
  } else if (length >= 8) {
    a = step(a, load<u64>(at), by);
    b = step(b, load<u64>(at + length - 8), by);
  } else if (length >= 4) {
    a = step(a, <u64>load<u32>(at), by);
    b = step(b, <u64>load<u32>(at + length - 4), by);
  } else for (let i: u32 = 0; i < length; i++) a = step(a, <u64>load<u8>(at + i), by);
  return <u32>spread((a ^ length) + rotl(b, 32) * by);
}
