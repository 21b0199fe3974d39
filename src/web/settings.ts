import type { Severity } from '../event/severity.ts';
import { wordsOf } from './words.ts';

/** How traffic is watched. All times are in milliseconds. */
export interface TrafficSettings {
  /**
   * How late a request may come, compared with the latest that was seen, and still be counted where it belongs. CloudFront delivers within
   * the hour, and sometimes later. What is later is counted as late.
   */
  readonly lateness: number;
  /**
   * One offence of one subject against one rule is told as one for so long. The default is how long a block lasts: who goes on then is an
   * offender again.
   */
  readonly period: number;
  /** The most clients that are known at once; about 40 bytes each here, and some for every signal. */
  readonly clients: number;
  /** Networks of own proxies and load balancers, whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** A number that differs from process to process, so that nobody can choose texts that fall together. */
  readonly seed: number;
  readonly scanner: ScannerSettings;
  readonly flood: FloodSettings;
  readonly credentials: CredentialSettings;
}

export interface ScannerSettings {
  /** Statuses that count as bad responses. The default is that of AWS's solution. */
  readonly statuses: readonly number[];
  /** Bad responses of one client in one minute, as in AWS's solution; but in any minute, and not in that of the clock. */
  readonly badResponses: { readonly window: number; readonly threshold: number; readonly severity: Severity };
  /** Statuses that say that there is nothing at a path. */
  readonly missingStatuses: readonly number[];
  /**
   * Different missing paths of one client. Somebody who follows old links meets one or two of these, a crawler on a site that has moved a
   * dozen; forty in a quarter of an hour are guessed.
   */
  readonly missingPaths: { readonly window: number; readonly threshold: number; readonly severity: Severity };
  /**
   * Different names that scanners ask for (`.env`, `.git`, `wp-login.php` ...). One alone is anybody's mistake. Names of programs count only
   * where the site does not have them.
   */
  readonly sensitivePaths: {
    readonly window: number;
    readonly threshold: number;
    readonly severity: Severity;
  };
  /**
   * Who goes slowly: different missing paths over hours (in a quarter of the window at least), while most of what is asked for is
   * missing. Judged when no late request can change it
   * any more.
   */
  readonly slow: {
    readonly window: number;
    readonly threshold: number;
    /** Different missing paths among these and all good responses, from 0 to 1. */
    readonly badShare: number;
    readonly severity: Severity;
  };
}

export interface FloodSettings {
  /** Endings of paths that do not count: what a page brings along, which caches answer. Lower case, without the dot, at most 6 letters. */
  readonly ignoredSuffixes: readonly string[];
  /** Every limit that a request falls under counts it. */
  readonly limits: readonly FloodLimit[];
  readonly distributed: DistributedFloodSettings;
}

/** How many requests of one client are too many. Conditions that are left out hold for every request. */
export interface FloodLimit {
  readonly window: number;
  readonly threshold: number;
  readonly severity: Severity;
  /** What the path begins with. */
  readonly path?: string | undefined;
  /** Such as `POST`, upper case. */
  readonly methods?: readonly string[] | undefined;
  /** Two letters, where the log has them. */
  readonly countries?: readonly string[] | undefined;
  /** Counts each path for itself. Needs about 20 bytes for each pair of client and path. */
  readonly samePath?: boolean | undefined;
}

/**
 * A network, user agent or path that all clients together ask from, with or for far more than before. The baseline is the mean rate of past
 * hours, weighted exponentially, and ends one to two hours ago, so that a flood does not become its own baseline and late requests find it
 * as it was.
 */
export interface DistributedFloodSettings {
  readonly window: number;
  /** So many times the baseline. */
  readonly factor: number;
  /** Below so many requests in the window nothing is a flood. */
  readonly least: number;
  /** The weight of the latest hour in the baseline, from 0 to 1. */
  readonly weight: number;
  /** Prefixes by which clients are taken together. */
  readonly network: { readonly v4: number; readonly v6: number };
  readonly severity: Severity;
}

export interface CredentialSettings {
  /** What counts as a login, besides the paths that are known to be one. */
  readonly logins: readonly LoginPath[];
  /** Failures of one client. */
  readonly client: { readonly window: number; readonly threshold: number; readonly severity: Severity };
  /** Failures of all clients of a network together. */
  readonly network: {
    readonly window: number;
    readonly threshold: number;
    readonly severity: Severity;
    readonly v4: number;
    readonly v6: number;
  };
  /** Failures for one account, where the query names it. */
  readonly account: { readonly window: number; readonly threshold: number; readonly severity: Severity };
  /** Query parameters that name an account, lower case. */
  readonly accountParameters: readonly string[];
  /** With this key accounts are hashed (HMAC-SHA-256); without it nobody can try which account a hash is. */
  readonly accountKey: string;
}

export interface LoginPath {
  /** What the path begins with. */
  readonly path: string;
  readonly methods: readonly string[];
  /** Statuses with which this login answers a wrong password. */
  readonly failures: readonly number[];
}

const minute = 60_000;
const hour = 60 * minute;

export const defaultTrafficSettings: TrafficSettings = {
  lateness: hour,
  period: 4 * hour,
  clients: 1_000_000,
  proxies: [],
  seed: 0,
  scanner: {
    statuses: [400, 401, 403, 404, 405],
    badResponses: { window: minute, threshold: 50, severity: 'medium' },
    missingStatuses: [404, 410],
    missingPaths: { window: 15 * minute, threshold: 40, severity: 'medium' },
    sensitivePaths: { window: 15 * minute, threshold: 5, severity: 'medium' },
    slow: { window: 6 * hour, threshold: 60, badShare: 0.8, severity: 'medium' },
  },
  flood: {
    ignoredSuffixes: wordsOf(`
      css js mjs map json5 wasm png jpg jpeg gif svg webp avif ico woff woff2 ttf otf eot mp3 mp4 webm m4s ts
      m3u8 mpd pdf
    `),
    // AWS's solution blocks from 100 requests in 5 minutes on, files of pages among them. A family behind one address opens that many in a
    // minute, an office or a mobile operator's gateway in a second. Ten a second for five minutes, or twenty a second for half a minute,
    // without the files of pages, is more than a few hundred people do who read; one machine that attacks does it easily.
    limits: [
      { window: 30_000, threshold: 600, severity: 'medium' },
      { window: 5 * minute, threshold: 3_000, severity: 'medium' },
    ],
    distributed: {
      window: 30_000,
      factor: 10,
      least: 600,
      weight: 0.3,
      network: { v4: 24, v6: 48 },
      severity: 'medium',
    },
  },
  credentials: {
    logins: [],
    client: { window: 10 * minute, threshold: 30, severity: 'medium' },
    network: { window: 10 * minute, threshold: 150, severity: 'medium', v4: 24, v6: 48 },
    account: { window: 10 * minute, threshold: 30, severity: 'medium' },
    accountParameters: wordsOf(`
      user username userid user_id user_name login email mail account uid phone mobile msisdn customer member
      loginid login_id log
    `),
    accountKey: '',
  },
};
