/** Nothing but what we serve ourselves, and nothing inline: a hostile string that slipped into a page could still do nothing. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join(';');

const always = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  // Off: the filters of old browsers could be made to leave out parts of a page.
  'x-xss-protection': '0',
} as const;

/**
 * What keeps a browser from doing more than it should with an answer, whatever the answer is; as OWASP has it,
 * https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
 * @param isHttps whether browsers are to come by HTTPS alone from now on
 */
export function securityHeaders(isHttps: boolean): Readonly<Record<string, string>> {
  return isHttps
    ? { ...always, 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
    : { ...always };
}
