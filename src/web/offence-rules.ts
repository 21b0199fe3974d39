import type { Severity } from '../event/severity.ts';

/** What people should know about all offences against one rule. */
export interface OffenceRuleText {
  readonly title: string;
  readonly description: string;
  /** ATT&CK, as Sigma tags it. */
  readonly tags: readonly string[];
  readonly falsePositives: readonly string[];
  /** What to do first. */
  readonly response: string;
  /** As an offence usually is. */
  readonly level: Severity;
  /** Whether it is sure of one client, so that the client is blocked where nobody says otherwise. */
  readonly blocks: boolean;
}

const scanning = ['attack.reconnaissance', 'attack.t1595'];
const wordlists = [...scanning, 'attack.t1595.003'];
const exploiting = ['attack.initial-access', 'attack.t1190'];
const guessing = ['attack.credential-access', 'attack.t1110'];
const flooding = ['attack.impact', 'attack.t1499'];

const oldLinks = 'A crawler or a monitor that follows links of a site that has moved.';
const shared = 'Many people behind one address: an office, a school, a mobile operator.';
const ownTests = 'A penetration test or a scan of your own: approve its addresses before.';
const campaign = 'A campaign, an article or an app release that brings many people at once.';

const lookAtClient =
  "See in the evidence what was asked for and whether any of it was answered with 2xx. If the client is your own, approve it: 'tocsin blocks approve'.";
const lookAtFlood =
  'See on the board what is asked for and how it is answered. Slow it down where it is answered: a rate rule of the WAF, a cache, a challenge. Nothing was blocked for it, unless you said so.';
const lookAtHour =
  'Hold the board against the releases and campaigns of that hour; server errors and sizes tell whether something broke or was taken.';

/** Every rule that offences in access logs are told by. */
export const offenceRules = {
  scanner: {
    title: 'Scanner: many bad responses in a minute',
    description:
      'One client got so many bad responses within a minute that it tries what there is, and does not follow links.',
    tags: scanning,
    falsePositives: [
      oldLinks,
      'An app whose server or login is broken, so that it tries again and again.',
      ownTests,
    ],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'missing-paths': {
    title: 'Scanner: many different paths that do not exist',
    description:
      'One client asked for many different paths that are not there: it goes through a list of words, and does not follow links.',
    tags: wordlists,
    falsePositives: [oldLinks, ownTests],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'probe-path': {
    title: 'Probe for secrets and consoles',
    description:
      'One client asked for several names that only scanners ask for: version control, secrets, backups, consoles of programs.',
    tags: wordlists,
    falsePositives: [ownTests],
    response: `${lookAtClient} Whatever was answered with 2xx (.env, .git, dumps): take it off the site and change the secrets in it.`,
    level: 'medium',
    blocks: true,
  },
  'slow-scanner': {
    title: 'Slow scanner',
    description:
      'One client went through paths that are not there for hours, slowly enough to stay under limits that count by the minute.',
    tags: wordlists,
    falsePositives: [oldLinks, ownTests],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  flood: {
    title: 'Flood from one client',
    description: 'One client sent more requests than anybody who reads does.',
    tags: flooding,
    falsePositives: [
      shared,
      'A program of your own or of a partner: approve its address, or raise the limit for its path.',
    ],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'network-flood': {
    title: 'Flood from one network',
    description: 'All clients of a network together sent far more requests than is usual for it.',
    tags: flooding,
    falsePositives: [campaign, shared],
    response: lookAtFlood,
    level: 'medium',
    blocks: false,
  },
  'agent-flood': {
    title: 'Flood with one user agent',
    description: 'All clients with one user agent together sent far more requests than is usual for it.',
    tags: flooding,
    falsePositives: [campaign, 'A new version of a browser or of your app.'],
    response: lookAtFlood,
    level: 'medium',
    blocks: false,
  },
  'path-flood': {
    title: 'Flood for one path',
    description: 'All clients together asked for one path far more often than is usual.',
    tags: flooding,
    falsePositives: [campaign],
    response: lookAtFlood,
    level: 'medium',
    blocks: false,
  },
  'credential-attack': {
    title: 'Guessed passwords from one client',
    description:
      'One client failed to log in so often that it guesses passwords, or tries a list of stolen ones.',
    tags: guessing,
    falsePositives: ['An app or a job with an old password.', shared],
    response:
      'Look for logins of this client that succeeded afterwards, and end those sessions. Ask for a second factor.',
    level: 'medium',
    blocks: true,
  },
  'credential-attack-network': {
    title: 'Guessed passwords from one network',
    description:
      'The clients of a network together failed to log in so often that passwords are guessed from there.',
    tags: guessing,
    falsePositives: [shared, 'Logins that are broken, so that everybody fails.'],
    response:
      'Look for logins from this network that succeeded, and slow logins down from there. Nothing was blocked for it, unless you said so.',
    level: 'medium',
    blocks: false,
  },
  'credential-attack-account': {
    title: 'Guessed passwords for one account',
    description:
      'Logins to one account failed so often, from whatever clients, that its password is guessed.',
    tags: guessing,
    falsePositives: ['A device of its owner with an old password.'],
    response:
      'Find the account by its hash, and ask its owner to change the password. Ask for a second factor.',
    level: 'medium',
    blocks: false,
  },
  honeypot: {
    title: 'Bad bot in the honeypot',
    description:
      'A client asked for a path that no person comes to, and that robots are told to leave alone.',
    tags: scanning,
    falsePositives: ['Somebody who reads robots.txt or the source of the page.'],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'scanner-agent': {
    title: 'Scanner by its own word',
    description: 'A client sends the user agent of a program that looks for weak places.',
    tags: scanning,
    falsePositives: [ownTests],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'impossible-agent': {
    title: 'User agent that no program sends',
    description: 'A client sends a user agent that contradicts itself: a forged one.',
    tags: scanning,
    falsePositives: ['An odd program of honest people.'],
    response: lookAtClient,
    level: 'low',
    blocks: true,
  },
  'false-crawler': {
    title: 'False search engine',
    description:
      'A client says that it is a search engine and does not come from the addresses which that publishes.',
    tags: [...scanning, 'attack.defense-evasion', 'attack.t1036'],
    falsePositives: ['A tool that looks at your site as a search engine sees it.'],
    response: lookAtClient,
    level: 'low',
    blocks: true,
  },
  'empty-agent': {
    title: 'Client without a user agent',
    description: 'A client sent many requests without a user agent, as programs do that hide what they are.',
    tags: scanning,
    falsePositives: ['A monitor or a program of a partner.'],
    response: lookAtClient,
    level: 'low',
    blocks: true,
  },
  'ancient-agent': {
    title: 'Browser that nobody uses any more',
    description: 'A client sent many requests with the user agent of a browser that is many years old.',
    tags: scanning,
    falsePositives: ['Televisions, tills and other devices that nobody updates.'],
    response: lookAtClient,
    level: 'low',
    blocks: true,
  },
  scraper: {
    title: 'Scraper',
    description:
      'A client went through very many different pages at a steady rate, as somebody does who copies a site.',
    tags: ['attack.collection', 'attack.t1119'],
    falsePositives: ['A search engine.', 'A program of your own that keeps caches warm.', shared],
    response: lookAtClient,
    level: 'low',
    blocks: true,
  },
  'outside-app': {
    title: 'More requests from outside the app than usual',
    description: 'The share of requests whose user agent is none of your app’s own is far over the usual.',
    tags: scanning,
    falsePositives: ['A new version of the app with another user agent.'],
    response: 'See in the evidence which agents they are; add those of your own app to the configuration.',
    level: 'low',
    blocks: false,
  },
  injection: {
    title: 'Attack in requests of one client',
    description:
      'Requests of one client carry attacks: several kinds, several times, or one that is nothing else.',
    tags: exploiting,
    falsePositives: [
      ownTests,
      'People who write or read about attacks on your own site, such as in a forum.',
    ],
    response:
      'See in the evidence how the attacked pages answered: 200 and 500 are worth a look in the application’s own log.',
    level: 'high',
    blocks: true,
  },
  'injection-probe': {
    title: 'Attack in a request',
    description: 'A request carries what looks like an attack. One alone may be an accident.',
    tags: exploiting,
    falsePositives: ['Somebody who pastes code into a search field.'],
    response: 'Nothing, unless there are more of them, or the page answered in an unusual way.',
    level: 'low',
    blocks: false,
  },
  reputation: {
    title: 'Known attacker',
    description: 'A client is on a list of networks that nobody honest sends from.',
    tags: scanning,
    falsePositives: ['An address that was given to somebody else meanwhile.'],
    response: lookAtClient,
    level: 'medium',
    blocks: true,
  },
  'reputation-watch': {
    title: 'Client on a list of seen attackers',
    description: 'A client that sent many requests is on a list that is worth watching.',
    tags: scanning,
    falsePositives: [shared, 'Somebody who protects their privacy.'],
    response: lookAtClient,
    level: 'low',
    blocks: false,
  },
  'anomaly-requests': anomaly('requests', 'The number of requests in an hour'),
  'anomaly-client-errors': anomaly('client errors', 'The share of requests answered with 4xx in an hour'),
  'anomaly-server-errors': anomaly('server errors', 'The share of requests answered with 5xx in an hour'),
  'anomaly-bytes-served': anomaly('bytes served', 'The mean of bytes served in an hour'),
  'anomaly-clients': anomaly('different clients', 'The number of different clients in an hour'),
} as const satisfies Readonly<Record<string, OffenceRuleText>>;

export type OffenceRuleName = keyof typeof offenceRules;

export const offenceRuleNames = Object.keys(offenceRules) as readonly OffenceRuleName[];

export function offenceRuleText(name: string): OffenceRuleText | undefined {
  return Object.hasOwn(offenceRules, name) ? offenceRules[name as OffenceRuleName] : undefined;
}

function anomaly(what: string, measured: string): OffenceRuleText {
  return {
    title: `Unusual hour: ${what}`,
    description: `${measured} is far from what it is at this hour of the week.`,
    tags: [],
    falsePositives: [campaign, 'A holiday, a release, a move of the site.'],
    response: lookAtHour,
    level: 'medium',
    blocks: false,
  };
}
