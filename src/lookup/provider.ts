import type * as z from 'zod';
import type { LookupVerdict } from '../alert/lookup.ts';
import type { Observable, ObservableType } from '../context/observable.ts';
import type { Answer, ChannelRequest, ChannelResponse } from '../notify/channel.ts';
import { jsonBody } from '../notify/json-answer.ts';
import { readStatus } from '../notify/send.ts';

/** What a provider said, as far as people need it. */
export interface Said {
  readonly type: 'said';
  readonly verdict: Exclude<LookupVerdict, 'unanswered'>;
  /** One sentence without a full stop. */
  readonly summary: string;
}

/** What came of a question. The others than `said` are worded as of a channel: reasons hold no secret and nothing of an answer that was not checked. */
export type ReadAnswer = Said | Exclude<Answer, { type: 'accepted' }>;

/**
 * One that is asked about addresses and the like. Timeouts, quotas, the breaker and the cache belong to the enricher; a provider only says what
 * to ask and how to read the answer.
 */
export interface Provider<Settings> {
  /** The key in the configuration and the name of the file. */
  readonly type: string;
  /** As its owner spells it. */
  readonly vendor: string;
  readonly settings: z.ZodType<Settings>;
  /** What it can be asked about. */
  readonly knows: readonly ObservableType[];
  /** Pure. */
  request(about: Observable, settings: Settings): ChannelRequest;
  /** Reads any answer, whatever its status. Pure. */
  read(response: ChannelResponse, about: Observable, settings: Settings): ReadAnswer;
  /** Its page for people. */
  link(about: Observable): string;
}

/** An answer of the form that is expected; a provider adds what other statuses mean. */
export function readJson<Output>(
  response: ChannelResponse,
  schema: z.ZodType<Output>,
  use: (value: Output) => Omit<Said, 'type'>,
): ReadAnswer {
  const answer = readStatus(response);
  if (answer.type !== 'accepted') return inPlace(answer);
  const value = jsonBody(response.body, schema);
  return value === undefined
    ? { type: 'later', reason: `HTTP ${response.status} with an answer of another form` }
    : { type: 'said', ...use(value) };
}

/** The words of a channel say what to check of a channel. */
function inPlace(answer: Exclude<Answer, { type: 'accepted' }>): ReadAnswer {
  const [status = 'no status'] = /^HTTP \d+/.exec(answer.reason) ?? [];
  if (answer.type === 'refused') return { ...answer, reason: `${status}: the question is not taken` };
  if (answer.type === 'later') return answer;
  const what: Readonly<Record<string, string>> = {
    'HTTP 401': 'the key is not known there',
    'HTTP 403': 'the key may not ask that',
    'HTTP 404': 'nothing at this address; check `url`',
  };
  return { ...answer, reason: `${status}: ${what[status] ?? 'not answered; check `key` and `url`'}` };
}

/** `2 reports`, `1 report` */
export function count(number: number, one: string, more = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : more}`;
}

/** What there is of several parts, with commas between. */
export function parts(...texts: readonly (string | false | undefined | null)[]): string {
  return texts.filter((text) => typeof text === 'string' && text !== '').join(', ');
}
