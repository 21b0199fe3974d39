import type { Alert } from '../alert/alert.ts';
import type { DeliveryContext, FollowUpContext } from './channel.ts';
import { newsSince } from './change-words.ts';
import { fittedAlert } from './fitted-alert.ts';
import { wellFormedJson } from './well-formed.ts';
import { incidentLink } from './words.ts';

/**
 * What programs are told of an alert, the same by every way: that it was raised, with the whole of it, and that its standing changed.
 * A later version may add members; receivers pass over those that they do not know.
 */

/** `{ "type": "alert.created" (of several at once `digest.created`), "timestamp", "data": { "alert", "link", "incidentLink", "shortened" } }` in at most `maxBytes`; see `fittedAlert`. */
export function createdEvent(alert: Alert, { link }: DeliveryContext, maxBytes: number): string {
  const incident = incidentLink(alert, link);
  const timestamp = isoTime(alert.decidedAt) ?? new Date(0).toISOString();
  return fittedAlert(alert, maxBytes, (data, shortened) =>
    plainJson({
      type: alert.digest === undefined ? 'alert.created' : 'digest.created',
      timestamp,
      data: {
        alert: data,
        link: link ?? null,
        ...(incident !== undefined && { incidentLink: incident }),
        shortened,
      },
    }),
  );
}

/** `{ "type": "alert.changed", "data": { "alert": { "id" ... }, "standing", "before", "link" } }`: how it stands, and how it stood when last told; with `news` where there is some. */
export function changedEvent(alert: Alert, { link, standing, told }: FollowUpContext): string {
  const { id, rule, time, where } = alert;
  const cut = (text: string | undefined) => text?.slice(0, 500);
  const news = newsSince(alert, told.standing);
  return plainJson({
    type: 'alert.changed',
    data: {
      alert: {
        id,
        rule: { id: cut(rule.id), title: cut(rule.title) },
        title: cut(alert.title),
        time,
        where: { account: cut(where.account), region: cut(where.region) },
      },
      standing: { ...standing, by: cut(standing.by), reason: cut(standing.reason) },
      before: told.standing,
      ...(news !== undefined && { news: { ...news, sentence: cut(news.sentence) } }),
      link: link ?? null,
    },
  });
}

/** JSON in which every character is one that XML, and so the queues of AWS, take: what is not is written as `\uXXXX`, and halves of surrogate pairs are replaced. */
export function plainJson(value: unknown): string {
  return wellFormedJson(value).replace(
    /[\u007f-\u009f\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A time of a log as ISO 8601; undefined where the number is no date. */
export function isoTime(time: number): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
