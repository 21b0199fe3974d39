import { createHmac } from 'node:crypto';

const mostParameters = 32;
const longestName = 32;
const longestValue = 256;

/**
 * Finds the account that a query names, and gives its keyed hash (16 hex digits), the same however it is written. The account itself is never
 * kept. Undefined where the query names none.
 * @param names parameters that name an account, lower case
 */
export function accountHasher(
  names: readonly string[],
  key: string,
): (query: Uint8Array) => string | undefined {
  const known = new Set(names);
  return (query) => {
    const parameters = Buffer.from(query.subarray(0, 4_096)).toString('utf8').split('&', mostParameters);
    for (const parameter of parameters) {
      const equals = parameter.indexOf('=');
      if (equals < 1 || equals > longestName || !known.has(parameter.slice(0, equals).toLowerCase()))
        continue;
      const account = decoded(parameter.slice(equals + 1))
        .trim()
        .toLowerCase()
        .slice(0, longestValue);
      if (account !== '') return createHmac('sha256', key).update(account).digest('hex').slice(0, 16);
    }
    return undefined;
  };
}

function decoded(value: string): string {
  const spaced = value.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
