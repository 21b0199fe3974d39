/** What a byte means to JSON outside of strings. */
export const SPACE = 1;
export const QUOTE = 2;
export const OPEN_OBJECT = 3;
export const CLOSE_OBJECT = 4;
export const OPEN_ARRAY = 5;
export const CLOSE_ARRAY = 6;
export const COLON = 7;
export const COMMA = 8;
export const TOKEN = 9;

export const OBJECT = 0;
export const ARRAY = 1;

export const classOf = new Uint8Array(256);
for (const code of [0x20, 0x09, 0x0a, 0x0d]) classOf[code] = SPACE;
for (const char of '0123456789+-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  classOf[char.charCodeAt(0)] = TOKEN;
classOf[0x22] = QUOTE;
classOf[0x7b] = OPEN_OBJECT;
classOf[0x7d] = CLOSE_OBJECT;
classOf[0x5b] = OPEN_ARRAY;
classOf[0x5d] = CLOSE_ARRAY;
classOf[0x3a] = COLON;
classOf[0x2c] = COMMA;

/** A byte for a message. */
export function show(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? `'${String.fromCharCode(byte)}'`
    : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
