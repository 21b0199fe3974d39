import { compileScanner, type ScanSink } from '../../sigma/literal-scanner.ts';
import { crawlerMarks, crawlers, type CrawlerName } from './crawlers.ts';
import { contradictionIn } from './contradiction.ts';
import { releaseOf, type Browser } from './release.ts';
import { versionAfter } from './version.ts';
import { tools, type ToolKind } from './tools.ts';

/** What a user agent says, whether it is true or not. */
export interface AgentJudgement {
  readonly kind: 'empty' | ToolKind | 'crawler' | 'browser' | 'other';
  /** Of the tool. */
  readonly name?: string | undefined;
  /** The crawler that it says it is, where its owner publishes its addresses. */
  readonly claims?: CrawlerName | undefined;
  /** Why no program sends it, one clause. */
  readonly impossible?: string | undefined;
  /** The browser that it says it is, and about when that version came out. */
  readonly browser?:
    { readonly name: Browser; readonly version: number; readonly released: number } | undefined;
}

/** Makes the function that judges agents, in time linear in their length. The same text gives the same judgement always. */
export function agentJudge(): (text: string) => AgentJudgement {
  const marks: { readonly mark: string; readonly rank: number }[] = [];
  const mark = (texts: readonly string[], rank: number): void => {
    for (const text of texts) marks.push({ mark: text, rank });
  };
  for (const [i, { marks: texts }] of tools.entries()) mark(texts, i);
  for (const [i, { marks: texts }] of crawlers.entries()) mark(texts, tools.length + i);
  const anyCrawler = tools.length + crawlers.length;
  mark(crawlerMarks, anyCrawler);
  const scan = compileScanner(marks.map((each) => each.mark));
  let epoch = 0;
  return (text) => {
    if (text === '' || text === '-') return { kind: 'empty' };
    let best = Infinity;
    const sink: ScanSink = {
      folded: undefined,
      found: (literal) => {
        best = Math.min(best, marks[literal]?.rank ?? Infinity);
      },
    };
    scan(text, sink, ++epoch);
    const tool = tools[best];
    if (tool !== undefined) return { kind: tool.kind, name: tool.name };
    if (best !== Infinity) return { kind: 'crawler', claims: crawlers[best - tools.length]?.name };
    const browser = browserIn(text);
    const impossible = contradictionIn(text);
    return {
      kind: browser === undefined && !text.startsWith('Mozilla/') ? 'other' : 'browser',
      impossible,
      browser,
    };
  };
}

/** The browsers whose versions tell their age. Others that are built on Chrome name its version too. */
function browserIn(text: string): AgentJudgement['browser'] {
  const found = (
    [
      ['Chrome', versionAfter(text, ' Chrome/')],
      ['Firefox', versionAfter(text, ' Firefox/')],
      ['Internet Explorer', versionAfter(text, 'MSIE ')],
    ] as const
  ).find(([, version]) => version !== undefined);
  if (found === undefined || found[1] === undefined) return undefined;
  const [name, version] = found;
  // In its compatibility view the browser says that it is an older one, and with `Trident` what it is.
  const trident = name === 'Internet Explorer' ? versionAfter(text, 'Trident/') : undefined;
  const real = trident === undefined ? version : Math.max(version, trident + 4);
  const released = releaseOf(name, real);
  return released === undefined ? undefined : { name, version: real, released };
}
