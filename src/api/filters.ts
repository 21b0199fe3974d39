import * as z from 'zod';
import { alertSubjects } from '../store/search-terms.ts';
import type { AlertQuery } from '../store/store.ts';
import { HttpProblem } from './problem.ts';
import { alertQuerySchema, storeQuery } from './alert-query.ts';

/** The names in a page's address that choose what the list shows, in the order in which links write them. */
export const filterNames = [
  'text',
  'severity',
  'status',
  'assignee',
  'rule',
  'account',
  ...alertSubjects,
  'since',
  'until',
  'exceptions',
  'cursor',
] as const;

export type FilterName = (typeof filterNames)[number];

/** The filters as the address spells them, so that `since=24h` stays `24h` in every link. */
export type Filters = { readonly [Name in FilterName]?: string | undefined };

export const alertsOnPage = 50;

/**
 * Reads the filters of a page's address. Names that it does not know are left alone: a mail program or a proxy may have
 * added them, and what is filtered stands on the page.
 *
 * @throws {HttpProblem} 400 that names the wrong parameter
 */
export function readFilters(query: unknown, now: () => number): { filters: Filters; query: AlertQuery } {
  const given = z.record(z.string(), z.unknown()).catch({}).parse(query);
  const known = Object.fromEntries(
    filterNames.flatMap((name) =>
      Object.hasOwn(given, name) && given[name] !== '' ? [[name, given[name]]] : [],
    ),
  );
  const parsed = alertQuerySchema(now).safeParse({ ...known, limit: alertsOnPage });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const parameter = String(issue?.path[0] ?? '');
    throw new HttpProblem(400, `Query parameter '${parameter}': ${issue?.message ?? 'is wrong'}.`, {
      members: { parameter },
    });
  }
  const filters = z.partialRecord(z.enum(filterNames), z.string()).parse(known);
  return { filters, query: storeQuery(parsed.data) };
}

/** `?severity=high&account=…`, or nothing where there are no filters. `change` replaces or (undefined) takes away. */
export function filterQuery(filters: Filters, change: Filters = {}): string {
  const merged = { ...filters, ...change };
  const parameters = new URLSearchParams();
  for (const name of filterNames) {
    const value = merged[name];
    if (value !== undefined) parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** The address of the list with other filters: always its first page, since a cursor belongs to one question. */
export function listPath(filters: Filters, change: Filters = {}): string {
  return `/${filterQuery(filters, { cursor: undefined, ...change })}`;
}

/** True where nothing but the page within the list is chosen. */
export function isUnfiltered(filters: Filters): boolean {
  return filterNames.every((name) => name === 'cursor' || filters[name] === undefined);
}
