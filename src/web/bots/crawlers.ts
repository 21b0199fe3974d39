/** A crawler whose owner publishes the addresses that it comes from, so that a claim to be it can be checked. */
export interface Crawler {
  /** As the configuration calls it. */
  readonly name: string;
  readonly title: string;
  /** What its user agents have in them, lower case. */
  readonly marks: readonly string[];
  /** Where its owner publishes its addresses. */
  readonly ranges: string;
}

/**
 * The first whose mark is found counts. Google has three lists, for three kinds of its fetchers, and an address of one says nothing about
 * another. https://developers.google.com/search/docs/crawling-indexing/verifying-googlebot
 */
export const crawlers = [
  {
    name: 'google-special',
    title: 'a special crawler of Google',
    marks: ['adsbot-google', 'mediapartners-google', 'apis-google', 'google-safety'],
    ranges: 'https://developers.google.com/static/search/apis/ipranges/special-crawlers.json',
  },
  {
    name: 'google-fetcher',
    title: 'a fetcher of Google',
    marks: ['feedfetcher-google', 'google-read-aloud', 'googleproducer', 'google-site-verification'],
    ranges: 'https://developers.google.com/static/search/apis/ipranges/user-triggered-fetchers.json',
  },
  {
    name: 'googlebot',
    title: 'Googlebot',
    marks: ['googlebot', 'googleother', 'storebot-google', 'google-inspectiontool', 'google-cloudvertexbot'],
    ranges: 'https://developers.google.com/static/search/apis/ipranges/googlebot.json',
  },
  {
    name: 'bingbot',
    title: 'Bingbot',
    marks: ['bingbot/'],
    ranges: 'https://www.bing.com/toolbox/bingbot.json',
  },
  {
    name: 'applebot',
    title: 'Applebot',
    marks: ['applebot'],
    ranges: 'https://search.developer.apple.com/applebot.json',
  },
  {
    name: 'duckduckbot',
    title: 'DuckDuckBot',
    marks: ['duckduckbot'],
    ranges: 'https://duckduckgo.com/duckduckbot.json',
  },
  {
    name: 'duckassistbot',
    title: 'DuckAssistBot',
    marks: ['duckassistbot'],
    ranges: 'https://duckduckgo.com/duckassistbot.json',
  },
  {
    name: 'gptbot',
    title: 'GPTBot',
    marks: ['gptbot'],
    ranges: 'https://openai.com/gptbot.json',
  },
  {
    name: 'oai-searchbot',
    title: 'OAI-SearchBot',
    marks: ['oai-searchbot'],
    ranges: 'https://openai.com/searchbot.json',
  },
  {
    name: 'chatgpt-user',
    title: 'ChatGPT-User',
    marks: ['chatgpt-user'],
    ranges: 'https://openai.com/chatgpt-user.json',
  },
  {
    name: 'perplexitybot',
    title: 'PerplexityBot',
    marks: ['perplexitybot'],
    ranges: 'https://www.perplexity.com/perplexitybot.json',
  },
  {
    name: 'ccbot',
    title: 'CCBot of Common Crawl',
    marks: ['ccbot/'],
    ranges: 'https://index.commoncrawl.org/ccbot.json',
  },
] as const satisfies readonly Crawler[];

export type CrawlerName = (typeof crawlers)[number]['name'];

/** What crawlers, feed readers, monitors and previews call themselves; who has one of these says that no person is there. */
export const crawlerMarks: readonly string[] = [
  'bot/',
  'bot;',
  'bot ',
  'bot)',
  '_bot',
  '-bot',
  'robot',
  'crawler',
  'spider',
  'slurp',
  '+http',
  'feedfetcher',
  'feedparser',
  'feedbin',
  'feedburner',
  'subscribers',
  'facebookexternalhit',
  'preview',
  'archive.org',
  'monitor',
  'pingdom',
  'uptime',
];
