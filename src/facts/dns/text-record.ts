/**
 * The text of a TXT record's value as Route 53 writes it: strings in quotation marks, put together; `\"`, `\\` and octal codes such as
 * `\052` undone. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html#TXTFormat
 */
export function textOf(value: string): string {
  let text = '';
  let inside = false;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\') {
      const octal = /^[0-7]{3}/.exec(value.slice(at + 1, at + 4))?.[0];
      text += octal === undefined ? value.charAt(at + 1) : String.fromCharCode(Number.parseInt(octal, 8));
      at += octal === undefined ? 1 : 3;
    } else if (character === '"') {
      inside = !inside;
      quoted = true;
    } else if (inside || !quoted) text += character;
  }
  return text;
}

/** What a TXT record says about mail. */
export type MailPolicy =
  /** `all` is the qualifier of the last resort: `+` lets anyone send, `?` says nothing, `~` and `-` refuse; undefined where there is none. */
  | { readonly kind: 'spf'; readonly all: '+' | '?' | '~' | '-' | undefined; readonly anyAddress: boolean }
  | { readonly kind: 'dmarc'; readonly policy: string | undefined; readonly percent: number }
  | { readonly kind: 'dkim'; readonly revoked: boolean; readonly testing: boolean };

/**
 * Reads SPF (RFC 7208), DMARC (RFC 7489, by its name `_dmarc`) and DKIM keys (RFC 6376, by `_domainkey`); undefined for other text.
 * @param name of the record, in lower case
 */
export function mailPolicyOf(name: string, text: string): MailPolicy | undefined {
  const plain = text.trim().slice(0, 8192);
  if (/^v=spf1(\s|$)/i.test(plain)) {
    const terms = plain.toLowerCase().split(/\s+/);
    // The first `all` counts: nothing behind it is read.
    const all = terms.find((term) => /^[+?~-]?all$/.test(term));
    const qualifier = all === undefined ? undefined : all.length === 3 ? '+' : all.charAt(0);
    return {
      kind: 'spf',
      all:
        qualifier === '+' || qualifier === '?' || qualifier === '~' || qualifier === '-'
          ? qualifier
          : undefined,
      anyAddress: terms.some((term) => /^\+?(ip4:[\d.]+\/[01]|ip6:[\da-f:]+\/[0-3])$/.test(term)),
    };
  }
  if (name === '_dmarc' || name.startsWith('_dmarc.')) {
    const tags = tagsOf(plain);
    if (tags.get('v')?.toUpperCase() !== 'DMARC1') return undefined;
    const percent = Number(tags.get('pct') ?? 100);
    return {
      kind: 'dmarc',
      policy: tags.get('p')?.toLowerCase(),
      percent: Number.isFinite(percent) ? percent : 100,
    };
  }
  if (name.includes('._domainkey.') || name.endsWith('._domainkey')) {
    const tags = tagsOf(plain);
    const flags = (tags.get('t') ?? '').toLowerCase().split(':');
    // An empty key says that what was signed with it counts no more.
    return { kind: 'dkim', revoked: tags.get('p') === '', testing: flags.includes('y') };
  }
  return undefined;
}

/** `a=1; b=2`; the first of two tags of one name counts. */
function tagsOf(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    if (at > 0 && !tags.has(name)) tags.set(name, part.slice(at + 1).trim());
  }
  return tags;
}
