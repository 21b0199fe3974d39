const quote = 0x22;
const backslash = 0x5c;
const openObject = 0x7b;
const closeObject = 0x7d;
const openArray = 0x5b;
const closeArray = 0x5d;
const colon = 0x3a;

/** The names of the members of the object that begins the content, at its top level alone, as far as `head` goes. None where it is no object. */
export function topLevelKeys(head: Uint8Array): ReadonlySet<string> {
  const keys = new Set<string>();
  if (head[0] !== openObject) return keys;
  let depth = 0;
  for (let at = 0; at < head.length; at++) {
    const byte = head[at];
    if (byte === openObject || byte === openArray) depth++;
    else if (byte === closeObject || byte === closeArray) {
      depth--;
      if (depth === 0) break;
    } else if (byte === quote) {
      const close = stringEnd(head, at + 1);
      if (depth === 1 && isKey(head, close + 1))
        keys.add(Buffer.from(head.subarray(at + 1, close)).toString('latin1'));
      at = close;
    }
  }
  return keys;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at;
  }
  return bytes.length;
}

function isKey(bytes: Uint8Array, after: number): boolean {
  let at = after;
  while (bytes[at] === 0x20) at++;
  return bytes[at] === colon;
}
