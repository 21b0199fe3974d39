/**
 * A piece of somebody else's text that is safe in a message: at most `max` characters, with everything but plain
 * ASCII written as an escape, so that it can't steer a terminal, a log line or the direction of writing.
 */
export function printable(text: string, max = 60): string {
  const cut = text.length > max ? `${text.slice(0, max)}...` : text;
  return cut.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
