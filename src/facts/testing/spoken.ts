import type { Event } from '../../event/event.ts';
import type { Json, JsonObject } from '../../event/json.ts';
import { nothingKnown, type Known } from '../known.ts';
import { factsOf } from '../table.ts';
import { s3Call } from './cloudtrail.ts';

/** A call about the bucket `invoices`. */
export function onInvoices(action: string, request: JsonObject = {}, more?: JsonObject): Event {
  return s3Call(action, { bucketName: 'invoices', Host: 'invoices.s3.amazonaws.com', ...request }, more);
}

/** `subject field field ...: explanation`, one line for each fact of some subjects; lists are joined by commas, what is absent is left out. */
export function spoken(
  event: Event,
  subjects: Readonly<Record<string, readonly string[]>>,
  known: Known = nothingKnown,
): readonly string[] {
  return factsOf(event, known)
    .filter((fact) => Object.hasOwn(subjects, fact.subject))
    .map((fact) => {
      const values = (subjects[fact.subject] ?? []).map((name) => valueOf(fact.fields[name], name));
      const attempted = fact.fields['attempted'] === true ? ['attempted'] : [];
      const head = [fact.subject, ...values.filter((value) => value !== ''), ...attempted].join(' ');
      return `${head}: ${fact.explanation}`;
    });
}

function valueOf(value: Json | undefined, name: string): string {
  if (value === undefined || value === false || value === null) return '';
  if (value === true) return name;
  return typeof value === 'object' ? JSON.stringify(value).replace(/[[\]"]/g, '') : String(value);
}
