import * as z from 'zod';
import type { Json } from '../event/json.ts';
import { severities } from '../event/severity.ts';
import { readDetails } from './header-details.ts';
import { RuleError } from './problem.ts';
import type { ReadContext } from './read-context.ts';
import type { LogSource, RuleHeader } from './rule.ts';

/** A date stands in rules as a text, but YAML 1.1 habits leave slashes and numbers; anything printable is kept. */
export const looseText: z.ZodType<string> = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** One text or a list of them. */
export const textList: z.ZodType<string[]> = z.union([
  z.array(looseText),
  looseText.transform((one) => [one]),
]);

/** `3`, `2.1`, `v3.0.0`: only the first number decides. */
const specificationVersion = looseText
  .refine((text) => /^v?\d{1,3}(\.\d+){0,2}$/i.test(text), "is no version; write 'sigma-version: 3'")
  .transform((text) => Number.parseInt(text.replace(/^v/i, ''), 10))
  .refine(
    (major) => major <= 3,
    'is newer than what this version of Tocsin reads, which is 3; its rules may mean something else',
  );

/** How far a rule has come. */
export const statuses = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** What every kind of Sigma document says of itself; each kind adds its own keys. */
export const headerFields = {
  title: looseText.refine((title) => title.length <= 256, 'is longer than 256 characters'),
  id: looseText.optional(),
  name: looseText.optional(),
  status: z.enum(statuses).optional(),
  description: looseText.optional().nullable(),
  level: z.enum(severities).optional(),
  tags: textList.optional().nullable(),
  references: textList.optional().nullable(),
  falsepositives: textList.optional().nullable(),
  'sigma-version': specificationVersion.optional(),
};

export const logSourceSchema = z.looseObject({
  product: looseText.optional().nullable(),
  category: looseText.optional().nullable(),
  service: looseText.optional().nullable(),
});

export function logSourceOf(data: z.infer<typeof logSourceSchema>, { warn }: ReadContext): LogSource {
  const { product, category, service, definition, ...others } = data;
  for (const [key, value] of Object.entries({ product, category, service }))
    if (typeof value === 'string' && value !== value.toLowerCase())
      warn(`'${value}' is written in lower case in log sources; as it stands it fits nothing`, [
        'logsource',
        key,
      ]);
  const custom = Object.entries(others).map(
    ([key, value]) => [key, plainJson(value, ['logsource', key])] as const,
  );
  return {
    product: product ?? undefined,
    category: category ?? undefined,
    service: service ?? undefined,
    ...(typeof definition === 'string' ? { definition } : {}),
    ...(custom.length > 0 ? { custom: Object.fromEntries(custom) } : {}),
  };
}

const headerSchema = z.looseObject(headerFields);

/** Keys that the specification gives to every kind of document; each kind adds its own. */
const standardKeys: ReadonlySet<string> = new Set([
  'title',
  'id',
  'related',
  'name',
  'taxonomy',
  'status',
  'description',
  'license',
  'references',
  'author',
  'date',
  'modified',
  'fields',
  'falsepositives',
  'level',
  'tags',
  'scope',
  'sigma-version',
]);

/**
 * The header of a document that `headerFields` has accepted. `ownKeys` are the keys that this kind of document has besides.
 * @throws {RuleError} where a custom key cannot be kept
 */
export function readHeader(
  data: z.infer<typeof headerSchema>,
  { path, warn }: ReadContext,
  ownKeys: readonly string[],
): RuleHeader {
  for (const [key, most] of [['name', 256] as const, ['description', 65_535] as const])
    if ((data[key]?.length ?? 0) > most) warn(`'${key}' is longer than ${most} characters`, [key]);
  for (const key of ['tags', 'references', 'falsepositives'] as const) {
    const seen = new Set<string>();
    for (const [i, text] of (data[key] ?? []).entries()) {
      if (seen.has(text)) warn(`'${key}' has '${text}' twice`, [key, i]);
      seen.add(text);
    }
  }
  return {
    id: data.id ?? data.name ?? path,
    title: data.title,
    name: data.name,
    status: data.status,
    description: (data.description ?? '').trim(),
    level: data.level ?? 'medium',
    tags: data.tags ?? [],
    references: data.references ?? [],
    falsePositives: data.falsepositives ?? [],
    ...readDetails(data, warn),
    custom: customKeys(data, ownKeys),
    path,
  };
}

function customKeys(
  data: Readonly<Record<string, unknown>>,
  ownKeys: readonly string[],
): RuleHeader['custom'] {
  const entries = Object.entries(data).filter(([key]) => !standardKeys.has(key) && !ownKeys.includes(key));
  // Through JSON, so that what is kept is a plain JSON value whatever YAML made of it. One by one, for the place of a failure.
  return Object.fromEntries(entries.map(([key, value]) => [key, plainJson(value, [key])]));
}

function plainJson(value: unknown, at: readonly string[]): Json {
  try {
    return JSON.parse(JSON.stringify(value)) as Json;
  } catch {
    throw new RuleError(`'${at.at(-1)}' holds itself through an alias; write the value out`, at);
  }
}
