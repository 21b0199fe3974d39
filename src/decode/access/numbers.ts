/** The whole number that begins at `at`; NaN where there is none. */
export function numberAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let i = at;
  for (; i < end; i++) {
    const digit = (bytes[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return i === at ? Number.NaN : value;
}

/** The number without sign or exponent that begins at `at`, such as `0.025`; NaN where there is none. */
export function decimalAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let scale = 0;
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === point && scale === 0) scale = 1;
    else if (byte >= 48 && byte <= 57) {
      value = value * 10 + byte - 48;
      scale *= 10;
    } else break;
  }
  return i === at ? Number.NaN : scale === 0 ? value : value / scale;
}

const point = 0x2e;

/** A status of three digits; 0 where there is none, as where the client was gone before it was sent one. */
export function statusAt(bytes: Uint8Array, at: number, end: number): number {
  const status = numberAt(bytes, at, end);
  return status >= 100 && status <= 999 ? status : 0;
}
