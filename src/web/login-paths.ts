import { hashBytes } from './hash.ts';
import type { LoginPath } from './settings.ts';
import { wordsOf } from './words.ts';

/** Names that logins have: a part of the path between slashes, in lower case. */
const names = wordsOf(`
  login log-in log_in logon signin sign-in sign_in auth authenticate session sessions token tokens oauth
  oauth2 sso password otp verify-otp mfa 2fa wp-login.php login.php login.aspx login.jsp login.do
  signin.php j_security_check user_login userlogin adminlogin admin-login account-login user-login
`);
const usualMethods = ['POST', 'PUT', 'PATCH', 'GET'];
const usualFailures = [401, 403];

const mostBytes = 512;
const slash = 0x2f;

export interface LoginPaths {
  /** The statuses that are a failure for any login: what has another needs no closer look. */
  readonly failures: readonly number[];
  readonly isFailure: (
    bytes: Uint8Array,
    path: { readonly start: number; readonly end: number },
    method: { readonly start: number; readonly end: number },
    status: number,
  ) => boolean;
}

/** Tells failed logins: on paths that are configured, by their own statuses, and on those with the usual names by 401 and 403. */
export function loginPaths(configured: readonly LoginPath[]): LoginPaths {
  const known = new Set(names.map((name) => hashBytes(Buffer.from(name), 0, name.length, 0)));
  const rules = configured.map(({ path, methods, failures }) => ({
    path: Buffer.from(path),
    methods: new Set(methods),
    failures: new Set(failures),
  }));
  const folded = new Uint8Array(mostBytes);

  const hasLoginName = (bytes: Uint8Array, start: number, end: number): boolean => {
    let length = 0;
    const last = Math.min(end, start + mostBytes);
    for (let i = start; i <= last; i++) {
      const byte = i === last ? slash : (bytes[i] ?? 0);
      if (byte !== slash) folded[length++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
      else {
        if (length > 0 && known.has(hashBytes(folded, 0, length, 0))) return true;
        length = 0;
      }
    }
    return false;
  };

  return {
    failures: [...new Set([...usualFailures, ...configured.flatMap(({ failures }) => failures)])],
    isFailure: (bytes, path, method, status) => {
      const name = Buffer.from(
        bytes.subarray(method.start, Math.min(method.end, method.start + 16)),
      ).toString('latin1');
      const rule = rules.find(
        (one) =>
          path.end - path.start >= one.path.length &&
          one.path.equals(bytes.subarray(path.start, path.start + one.path.length)),
      );
      if (rule !== undefined) return rule.failures.has(status) && rule.methods.has(name);
      return (
        usualFailures.includes(status) &&
        usualMethods.includes(name) &&
        hasLoginName(bytes, path.start, path.end)
      );
    },
  };
}
