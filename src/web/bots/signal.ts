import type { Requests } from '../../event/requests.ts';
import type { Severity } from '../../event/severity.ts';
import type { ClientTable } from '../clients.ts';
import type { Offence } from '../offence.ts';
import type { Signal } from '../signal.ts';
import { offenceTally, type Tallied } from '../tally.ts';
import { perText } from '../numbered-texts.ts';
import { textTable, type TextTable } from '../text-table.ts';
import { agentBook } from './agent-book.ts';
import { claimChecker, type ClaimVerdict, type CrawlerRanges } from './claims.ts';
import { crawlers, type CrawlerName } from './crawlers.ts';
import { honeypot } from './honeypot.ts';
import { agentJudge, type AgentJudgement } from './judge-agent.ts';
import { defaultOutsideAppSettings, fits, outsideAppWatch, type OutsideAppSettings } from './outside-app.ts';
import { defaultScraperSettings, scraperWatch, type ScraperSettings } from './scraper.ts';

/** Requests of one client within a window of the clock from which on it is an offence. */
export interface BotRule {
  readonly threshold: number;
  /** In milliseconds. */
  readonly window: number;
  readonly severity: Severity;
}

export interface BotSettings {
  readonly lateness: number;
  readonly seed: number;
  /** Paths that no person comes to: linked where only robots see it, and forbidden in robots.txt. */
  readonly honeypots: readonly string[];
  readonly rules: Readonly<Record<BotRuleName, BotRule>>;
  /** From what age on a browser is ancient, in milliseconds. */
  readonly ancientAge: number;
  readonly scraper: ScraperSettings;
  readonly outsideApp: OutsideAppSettings;
}

export const botRuleNames = [
  'honeypot',
  'scanner-agent',
  'impossible-agent',
  'false-crawler',
  'empty-agent',
  'ancient-agent',
] as const;

export type BotRuleName = (typeof botRuleNames)[number];

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const year = 365 * day;

/** Only the first two are severe enough to block by default: the rest is what odd programs of honest people do as well. */
export const defaultBotSettings: BotSettings = {
  lateness: hour,
  seed: 0,
  honeypots: [],
  rules: {
    honeypot: { threshold: 1, window: day, severity: 'medium' },
    'scanner-agent': { threshold: 1, window: day, severity: 'medium' },
    'impossible-agent': { threshold: 30, window: hour, severity: 'low' },
    'false-crawler': { threshold: 1, window: hour, severity: 'low' },
    'empty-agent': { threshold: 300, window: hour, severity: 'low' },
    'ancient-agent': { threshold: 300, window: hour, severity: 'low' },
  },
  ancientAge: 8 * year,
  scraper: defaultScraperSettings,
  outsideApp: defaultOutsideAppSettings,
};

export interface BotSignal extends Signal {
  /** From now on these are the addresses of crawlers. */
  readonly use: (ranges: CrawlerRanges) => void;
  /** The crawler from whose published addresses the client comes. */
  readonly crawlerOf: (client: number) => CrawlerName | undefined;
  readonly counters: {
    readonly late: number;
    readonly crowdedOut: number;
    /** Requests that say they come from a crawler whose addresses are published. */
    readonly claims: Readonly<Record<ClaimVerdict, number>>;
    /** Agents that were decoded and judged. */
    readonly judgedAgents: number;
  };
}

interface Judged extends AgentJudgement {
  /** Cut, for people to read, where it is none of the app's own. */
  readonly outside: string | undefined;
  /** The browser and about when it came out, such as `Chrome 40 of 2014`. */
  readonly dated: string | undefined;
}

/** A browser may be used before the month that the table of releases has for it. */
const earlyMs = 180 * day;
const keptAgent = 200;

/** What of an agent must be looked at more closely. */
const nothing = 0;
const odd = 1;
const claiming = 2;
const empty = 3;

/** Bad bots: rules `honeypot`, `scanner-agent`, `impossible-agent`, `false-crawler`, `empty-agent`, `ancient-agent`, `scraper` and `outside-app`. */
export function botSignal(
  clients: ClientTable,
  settings: BotSettings,
  texts: TextTable = textTable({ seed: settings.seed }),
): BotSignal {
  const { lateness, seed } = settings;
  const isTrap = honeypot(settings.honeypots);
  const baits = perText((bytes, start, end) => (isTrap(bytes, start, end) ? 1 : 0));
  const scraped = perText((bytes, start, end) => (scraper.isCounted(bytes, start, end) ? 1 : 0));
  const own = settings.outsideApp.agents.map(fits);
  const watchesApp = own.length > 0;
  const judge = agentJudge();
  /** Of each agent by its number. */
  const looks: number[] = [];
  const released: number[] = [];
  const book = agentBook<Judged>(
    (text) => {
      const judgement = judge(text);
      const isOutside = watchesApp && !own.some((isOwn) => isOwn(text));
      return {
        ...judgement,
        outside: isOutside ? text.slice(0, keptAgent) : undefined,
        dated: datedOf(judgement.browser),
      };
    },
    (agent, judgement) => {
      looks[agent] = judgement === undefined ? empty : lookOf(judgement);
      released[agent] = judgement?.browser?.released ?? Number.NaN;
    },
  );
  /** Rows of the batch that are worth a look. */
  let remarkable = new Int32Array(0);
  let claims = claimChecker(clients, {});
  const claimCounts = { verified: 0, false: 0, unverified: 0 };
  const tallyOf = (rule: BotRuleName, says: (tallied: Tallied) => string) =>
    offenceTally({ rule, lateness, ...settings.rules[rule] }, clients.textOf, (tallied) =>
      sentence(tallied, says),
    );
  const tallies = {
    honeypot: tallyOf('honeypot', () => 'asked for a path that only robots find'),
    'scanner-agent': tallyOf('scanner-agent', ({ reasons }) => `says that it is ${reasons.join(' and ')}`),
    'impossible-agent': tallyOf(
      'impossible-agent',
      ({ reasons }) => `sends an agent that no program has: ${reasons.join('; ')}`,
    ),
    'false-crawler': tallyOf(
      'false-crawler',
      ({ reasons }) =>
        `says that it is ${reasons.join(' and ')}, and does not come from its published addresses`,
    ),
    'empty-agent': tallyOf('empty-agent', () => 'sends no agent'),
    'ancient-agent': tallyOf('ancient-agent', ({ reasons }) => `says that it is ${reasons.join(', ')}`),
  } satisfies Record<BotRuleName, unknown>;
  const scraper = scraperWatch({ ...settings.scraper, lateness, seed }, clients.textOf);
  const outsideApp = outsideAppWatch({ ...settings.outsideApp, lateness });

  /** Whether the row is a verified crawler's. */
  const lookCloser = (requests: Requests, row: number, client: number, judged: Judged): boolean => {
    if (judged.kind === 'scanner') tallies['scanner-agent'].add(requests, row, client, judged.name ?? '');
    else if (judged.kind === 'empty') tallies['empty-agent'].add(requests, row, client, '');
    else if (judged.impossible !== undefined)
      tallies['impossible-agent'].add(requests, row, client, judged.impossible);
    if (judged.claims === undefined) return false;
    const verdict = claims.check(client, judged.claims);
    claimCounts[verdict]++;
    if (verdict === 'false') tallies['false-crawler'].add(requests, row, client, titleOf(judged.claims));
    return verdict === 'verified';
  };
  const lookAtAge = (requests: Requests, row: number, client: number, agent: number): void => {
    const age = (requests.time[row] ?? Number.NaN) - (released[agent] ?? Number.NaN);
    if (!(age > settings.ancientAge || age < -earlyMs)) return;
    const name = book.judgementAt(agent)?.dated;
    if (name === undefined) return;
    if (age > 0) tallies['ancient-agent'].add(requests, row, client, name);
    else tallies['impossible-agent'].add(requests, row, client, name);
  };

  return {
    name: 'bots',
    use: (ranges) => {
      claims = claimChecker(clients, ranges);
    },
    crawlerOf: (client) => claims.crawlerOf(client),
    take: (requests, ids) => {
      const hasAgents = hasAnyAgent(requests);
      const agents = texts.of(requests, 'agent');
      book.read(agents);
      const paths = texts.of(requests, 'path');
      const isBait = baits(paths);
      const isScraped = scraped(paths);
      if (watchesApp && hasAgents)
        for (let row = 0; row < requests.count; row++) {
          const agent = agents.ids[row] ?? 0;
          outsideApp.see(requests, row, looks[agent] === empty ? '' : book.judgementAt(agent)?.outside);
        }
      if (remarkable.length < requests.count) remarkable = new Int32Array(requests.count * 2);
      const found = findRemarkable(
        requests,
        ids,
        {
          ids: agents.ids,
          looks,
          released,
          ancientAge: settings.ancientAge,
          empty: hasAgents ? nothing : empty,
        },
        { ids: paths.ids, isBait, isScraped },
        remarkable,
      );
      for (let i = 0; i < found; i++) {
        const row = remarkable[i] ?? 0;
        const client = ids[row] ?? -1;
        const agent = agents.ids[row] ?? 0;
        const look = looks[agent];
        let verified = false;
        if (look === empty) {
          if (hasAgents) tallies['empty-agent'].add(requests, row, client, '');
        } else {
          if (look !== nothing) {
            const judged = book.judgementAt(agent);
            if (judged !== undefined) verified = lookCloser(requests, row, client, judged);
          }
          lookAtAge(requests, row, client, agent);
        }
        if (verified) continue;
        const path = paths.ids[row] ?? 0;
        if (isBait[path] === 1) tallies.honeypot.add(requests, row, client, '');
        if (isScraped[path] === 1) scraper.see(requests, row, client);
      }
    },
    tick: (now) => {
      for (const rule of botRuleNames) tallies[rule].tick(now);
      scraper.tick(now);
      outsideApp.tick(now);
    },
    offences: () => [
      ...botRuleNames.flatMap((rule): readonly Offence[] => tallies[rule].offences()),
      ...scraper.offences(),
      ...outsideApp.offences(),
    ],
    forget: (gone) => {
      if (gone.length === 0) return;
      for (const rule of botRuleNames) tallies[rule].forget();
      scraper.forget(gone);
    },
    counters: {
      get late() {
        const tallied = botRuleNames.reduce((sum, rule) => sum + tallies[rule].counters.late, 0);
        return tallied + scraper.counters.late + outsideApp.counters.late;
      },
      get crowdedOut() {
        return botRuleNames.reduce(
          (sum, rule) => sum + tallies[rule].counters.crowdedOut,
          scraper.counters.crowdedOut,
        );
      },
      claims: claimCounts,
      get judgedAgents() {
        return book.counters.judged;
      },
    },
  };
}

/**
 * Writes down the rows that have a client and an odd agent, one of an odd age, or a path that is looked at, and gives how many these are. By
 * itself, because it is all that is done with most rows: so little is soon optimized, and stays so whatever becomes of the rest.
 */
function findRemarkable(
  { count, time }: Requests,
  clients: Int32Array,
  agents: {
    readonly ids: Int32Array;
    readonly looks: readonly number[];
    readonly released: readonly number[];
    readonly ancientAge: number;
    /** What is no more than `nothing`. */
    readonly empty: number;
  },
  paths: { readonly ids: Int32Array; readonly isBait: Uint32Array; readonly isScraped: Uint32Array },
  into: Int32Array,
): number {
  const { ids: agentIds, looks, released, ancientAge, empty: noLook } = agents;
  const { ids: pathIds, isBait, isScraped } = paths;
  let found = 0;
  for (let row = 0; row < count; row++) {
    if ((clients[row] ?? -1) < 0) continue;
    const agent = agentIds[row] ?? 0;
    const path = pathIds[row] ?? 0;
    const look = looks[agent] ?? nothing;
    const age = (time[row] ?? Number.NaN) - (released[agent] ?? Number.NaN);
    const isOdd = (look !== nothing && look !== noLook) || age > ancientAge || age < -earlyMs;
    if (isOdd || isBait[path] === 1 || isScraped[path] === 1) into[found++] = row;
  }
  return found;
}

function lookOf({ kind, impossible, claims }: AgentJudgement): number {
  if (claims !== undefined) return claiming;
  return kind === 'scanner' || kind === 'empty' || impossible !== undefined ? odd : nothing;
}

/** A batch in which no row has an agent is of a log that does not tell them. */
function hasAnyAgent({ count, text }: Requests): boolean {
  const { start, end } = text.agent;
  for (let row = 0; row < count; row++) if (start[row] !== end[row]) return true;
  return false;
}

function datedOf(browser: AgentJudgement['browser']): string | undefined {
  if (browser === undefined) return undefined;
  return `${browser.name} ${browser.version} of ${new Date(browser.released).getUTCFullYear()}`;
}

function titleOf(name: CrawlerName): string {
  return crawlers.find((crawler) => crawler.name === name)?.title ?? name;
}

function sentence(tallied: Tallied, says: (tallied: Tallied) => string): string {
  const { client, count } = tallied;
  return `${client} ${says(tallied)} (${count} ${count === 1 ? 'request' : 'requests'})`;
}
