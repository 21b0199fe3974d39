import { versionAfter } from './version.ts';

/** What is left where somebody forgot to fill a template in. */
const leftovers: readonly string[] = [
  '{{',
  '}}',
  '${',
  '<%',
  '%s',
  '[user_agent]',
  '[useragent]',
  '%useragent%',
  '%user_agent%',
  '$user_agent',
];

/** Whole agents that are a program's word for nothing. */
const nothings = new Set([
  'undefined',
  'null',
  'none',
  'nil',
  'nan',
  'false',
  'true',
  '(null)',
  '[object object]',
]);

/** Versions of Windows that browsers name. From 10 on the number stands still. https://learn.microsoft.com/windows/win32/sysinfo/operating-system-version */
const windowsVersions = new Set([
  '3.1',
  '3.51',
  '4.0',
  '5.0',
  '5.01',
  '5.1',
  '5.2',
  '6.0',
  '6.1',
  '6.2',
  '6.3',
  '6.4',
  '10.0',
]);

/**
 * Why no program sends this agent, one clause; undefined where nothing speaks against it. Looks only for what is wrong whatever comes out
 * later: browsers of tomorrow are no contradiction.
 */
export function contradictionIn(text: string): string | undefined {
  const lower = text.toLowerCase();
  const leftover = leftovers.find((each) => lower.includes(each));
  if (leftover !== undefined) return `it has ${leftover} in it, which was to be filled in`;
  if (nothings.has(lower.trim())) return 'it is a program’s word for nothing';
  if (/^["']?\s*user-?agent\s*[:=]/i.test(text)) return 'it begins with the name of the header';
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) return 'it has control characters in it';
  return wrongSystem(text) ?? wrongBrowser(text);
}

function wrongSystem(text: string): string | undefined {
  const windows = /Windows NT (\d{1,3}(?:\.\d{1,3})?)/.exec(text)?.[1];
  if (windows !== undefined && !windowsVersions.has(windows)) return `there is no Windows NT ${windows}`;
  // Phones with Windows said that they were all of them.
  if (windows === undefined || text.includes('Windows Phone')) return undefined;
  const other = ['Macintosh;', '(iPhone;', '(iPad;', 'X11; Linux', 'Linux; Android'].find((each) =>
    text.includes(each),
  );
  return other === undefined
    ? undefined
    : `it says that it runs on Windows and on ${other.replace(/[();]/g, '')}`;
}

function wrongBrowser(text: string): string | undefined {
  const chrome = versionAfter(text, ' Chrome/');
  const firefox = versionAfter(text, ' Firefox/');
  if (chrome !== undefined && firefox !== undefined && !text.includes('Seamonkey'))
    return 'it says that it is Chrome and Firefox';
  if (firefox !== undefined && text.includes('MSIE '))
    return 'it says that it is Internet Explorer and Firefox';
  if (/ (?:Chrome|Firefox)\/(?:0\d|\d{5,})/.test(text))
    return 'it has a version of five digits or with a zero before it';
  const revision = versionAfter(text, 'rv:');
  if (firefox === undefined || revision === undefined || firefox < 5 || revision < 5) return undefined;
  // From 110 to 119 the number stood at 109, because programs took 11 for Internet Explorer. https://bugzilla.mozilla.org/1805967
  if (revision === firefox || (revision === 109 && firefox >= 110 && firefox < 120)) return undefined;
  // What is built on Firefox may keep its own count.
  return / (?:Iceweasel|SeaMonkey|PaleMoon|Waterfox|Goanna|Camino|IceCat|Cyberfox|conkeror)\b/i.test(text)
    ? undefined
    : `it says that it is Firefox ${firefox} and revision ${revision}`;
}
