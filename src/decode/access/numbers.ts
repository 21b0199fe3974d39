/** More is no size, duration or time, and would spoil every sum. */
export const largest = 1e15;

/** The whole number that begins at `at`; NaN where there is none, or one that is too large. */
export function numberAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let i = at;
  for (; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return i === at || value > largest ? Number.NaN : value;
}

/** The number without sign or exponent that begins at `at`, such as `0.025`; NaN where there is none, or one that is too large. */
export function decimalAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let scale = 0;
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === point && scale === 0) scale = 1;
    else if (byte >= 48 && byte <= 57) {
      value = value * 10 + (byte - 48);
      scale *= 10;
    } else break;
  }
  const number = scale === 0 ? value : value / scale;
  return i === at || number > largest ? Number.NaN : number;
}

const point = 0x2e;

/** A status of three digits; 0 where there is none, as where the client was gone before it was sent one. */
export function statusAt(bytes: Uint8Array, at: number, end: number): number {
  const status = numberAt(bytes, at, end);
  return status >= 100 && status <= 999 ? status : 0;
}
