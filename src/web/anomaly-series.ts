/** What is counted of an hour. */
export interface HourCounts {
  requests: number;
  clientErrors: number;
  serverErrors: number;
  sent: number;
  /** Requests of which the log says how much was sent. */
  withSent: number;
}

/** One of the numbers that are held against their own past. */
export interface AnomalySeries {
  readonly name: string;
  /** Undefined where the hour has too little to tell. `noise`: how far the value varies by chance alone. */
  readonly value: (
    hour: HourCounts,
    clients: number,
  ) => { readonly value: number; readonly noise: number } | undefined;
  /** Which way is worth telling. */
  readonly tells: 'more' | 'more and less';
  /** The number in a sentence. */
  readonly words: (value: number) => string;
  readonly noun: string;
}

/** Shares and means out of fewer requests say little. */
const fewRequests = 100;

const share = (part: number, { requests }: HourCounts) => {
  if (requests < fewRequests) return undefined;
  const value = part / requests;
  // Of a binomial share, with at least one such request.
  return { value, noise: Math.sqrt((Math.max(value, 1 / requests) * (1 - value)) / requests) };
};

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString('en');

export const anomalySeries: readonly AnomalySeries[] = [
  {
    name: 'requests',
    value: ({ requests }) => ({
      value: requests,
      noise: Math.max(Math.sqrt(requests), Math.sqrt(fewRequests)),
    }),
    tells: 'more and less',
    words: whole,
    noun: 'requests',
  },
  {
    name: 'client-errors',
    value: (hour) => share(hour.clientErrors, hour),
    tells: 'more',
    words: percent,
    noun: 'of requests answered with 4xx',
  },
  {
    name: 'server-errors',
    value: (hour) => share(hour.serverErrors, hour),
    tells: 'more',
    words: percent,
    noun: 'of requests answered with 5xx',
  },
  {
    name: 'bytes-served',
    value: ({ sent, withSent }) =>
      // Sizes vary wildly; a tenth of the mean by chance is little.
      withSent < fewRequests ? undefined : { value: sent / withSent, noise: sent / withSent / 10 },
    tells: 'more and less',
    words: whole,
    noun: 'bytes served on average',
  },
  {
    name: 'clients',
    value: (_hour, clients) => ({
      value: clients,
      noise: Math.max(Math.sqrt(clients), Math.sqrt(fewRequests), clients * 0.016),
    }),
    tells: 'more',
    words: whole,
    noun: 'different clients',
  },
];
