import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import { changedEvent, createdEvent, plainJson } from './alert-event.ts';
import { cefLine } from './cef.ts';
import { changeSentences } from './change-words.ts';
import type { DeliveryContext, FollowUpContext } from './channel.ts';
import { detectionFinding } from './ocsf.ts';
import { line } from './safe-text.ts';
import { alertSections } from './sections.ts';
import { placeWords } from './words.ts';

/** An alert on one line, for logs: none of these holds a line break or a control character, whatever the log of the event held. */

export const lineFormats = ['text', 'cef', 'ocsf', 'json'] as const;

export type LineFormat = (typeof lineFormats)[number];

/** @param maxBytes what the line is cut to or, where that is JSON, shortened until it fits; at least 2,048 */
export function alertLine(
  alert: Alert,
  context: DeliveryContext,
  format: LineFormat,
  maxBytes: number,
): string {
  return written(alert, context, format, maxBytes, []);
}

/** How an alert stands now, in the same format; `text` says what has changed. */
export function changeLine(
  alert: Alert,
  context: FollowUpContext,
  format: LineFormat,
  maxBytes: number,
): string {
  if (format === 'json') return changedEvent(alert, context);
  const changes = changeSentences(alert, context.standing, context.told.standing);
  return written(alert, context, format, maxBytes, changes);
}

function written(
  alert: Alert,
  context: DeliveryContext,
  format: LineFormat,
  maxBytes: number,
  changes: readonly string[],
): string {
  switch (format) {
    case 'cef':
      return cefLine(alert, context, maxBytes);
    case 'ocsf':
      return ocsfLine(alert, context, maxBytes, changes.length > 0);
    case 'json':
      return createdEvent(alert, context, maxBytes);
    case 'text':
      return textLine(alert, context, maxBytes, changes);
  }
}

/** Without what is said twice, and then without what is long, where the whole does not fit. */
function ocsfLine(alert: Alert, context: DeliveryContext, maxBytes: number, isChange: boolean): string {
  const finding = detectionFinding(alert, context, isChange);
  const { observables: _o, unmapped: _u, ...less } = finding;
  const { evidences: _e, resources: _r, remediation: _f, ...least } = less;
  const fitting = [finding, less, least]
    .map((each) => plainJson(each))
    .find((text) => Buffer.byteLength(text) <= maxBytes);
  const { cloud: _c, comment: _m, ...fixed } = least;
  const title = line(alert.title, 100);
  return fitting ?? plainJson({ ...fixed, finding_info: { uid: alert.id, title }, message: title });
}

function textLine(
  alert: Alert,
  { link }: DeliveryContext,
  maxBytes: number,
  changes: readonly string[],
): string {
  const { look, title, rows, links } = alertSections(alert, link);
  const parts = [
    `${look.word}: ${title} (${line(placeWords(alert.where), 200)})`,
    ...(changes.length === 0 ? rows.map(({ label, value }) => `${label}: ${value}`) : changes),
    `Alert ${alert.id}`,
    ...links.slice(0, 1).map(({ url }) => url),
  ];
  let text = '';
  for (const part of parts) {
    const next = text === '' ? part : `${text} | ${part}`;
    if (Buffer.byteLength(next) > maxBytes) break;
    text = next;
  }
  return text;
}

/** The setting of a channel of lines. */
export const formatSetting = z
  .enum(lineFormats)
  .describe(
    '`text` for people, `cef` for ArcSight and what understands it, `ocsf` for a Detection Finding of OCSF 1.3.0 as JSON, `json` for the whole alert.',
  );
