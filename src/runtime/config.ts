import { existsSync, readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type Document } from 'yaml';
import * as z from 'zod';
import { offsetOf } from '../sigma/yaml-place.ts';
import { ConfigError, defaultConfigPath } from './config-error.ts';
import { configSchema, type Config } from './config-schema.ts';
import { isSecretRef, resolveSecret, type SecretSources } from './secret.ts';

/**
 * Reads the configuration: the file that is named, or tocsin.yaml here, or nothing at all (every key has a default).
 * @throws {ConfigError}
 */
export function loadConfig(path: string | undefined, secrets: SecretSources): Config {
  if (path === undefined && !existsSync(defaultConfigPath)) return configSchema.parse({});
  const file = path ?? defaultConfigPath;
  return parseConfig(readConfig(file), file, secrets);
}

/** @throws {ConfigError} */
function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * What of a configuration decides on alerts: rules, estate, context, severity and exceptions, and where copies of lists are. The other sections, and the secrets that they
 * point to, are not looked at, so that a scan can use the server's file.
 * @throws {ConfigError}
 */
export function loadDecisions(file: string): Decisions {
  const { data, rules, estate, context, alerts } = parseConfig(readConfig(file), file, undefined);
  return { data, rules, estate, context, alerts };
}

export type Decisions = Pick<Config, (typeof decisionKeys)[number]>;

const decisionKeys = ['data', 'rules', 'estate', 'context', 'alerts'] as const;

/**
 * What of a configuration decides on access logs, without its secrets, for `tocsin traffic`.
 * @throws {ConfigError}
 */
export function loadTrafficDecisions(file: string): Pick<Config, (typeof trafficKeys)[number]> {
  const { data, traffic, blocking } = parseConfig(readConfig(file), file, undefined, trafficKeys);
  return { data, traffic, blocking };
}

const trafficKeys = ['data', 'traffic', 'blocking'] as const;

type Path = readonly (string | number)[];

/**
 * @param secrets where secrets are looked up; without them only these sections are read, and secrets in them are left out
 * @throws {ConfigError}
 */
export function parseConfig(
  source: string,
  file: string,
  secrets: SecretSources | undefined,
  sections: readonly (keyof Config)[] = decisionKeys,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const at = (path: Path) => `${file}:${lines.linePos(offsetOf(document, path) ?? 0).line || 1}`;
  const problems = document.errors.map(
    (error) => `${file}:${lines.linePos(error.pos[0]).line}: not YAML: ${error.message}`,
  );
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const plain = toPlain(document, file);
  const resolved =
    secrets === undefined
      ? withoutSecrets(sectionsOf(plain, sections), [], secretPaths(plain))
      : resolveSecrets(plain, [], secretPaths(plain), secrets, (path, message) =>
          problems.push(`${at(path)}: ${path.join('.')}: ${message}`),
        );
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const result = configSchema.safeParse(resolved ?? {});
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.flatMap((issue) => explain(issue, at, document)).join('\n'));
}

function sectionsOf(plain: unknown, sections: readonly string[]): unknown {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return plain;
  return Object.fromEntries(Object.entries(plain).filter(([key]) => sections.includes(key)));
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function explain(issue: z.core.$ZodIssue, at: (path: Path) => string, document: Document): string[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  const name = path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(
      (key) =>
        `${at([...path, key])}: ${[...path, key].join('.')}: there is no such key${knownKeys(path, document.getIn([...path, 'type']))}`,
    );
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined)
    return [`${at(path)}: ${name}: must be one of ${channelTypes().join(', ')}`];
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => `${at(path)}: ${name}: the name ${inner.message}`);
  const expected = issue.message
    .replace(/^Invalid input: expected (.*), received undefined$/, 'is missing; expected $1')
    .replace(/^Invalid (input|option): /, 'is wrong: ');
  return [`${at(path)}: ${name || 'the configuration'}: ${expected}`];
}

/** The JSON schema of the configuration as a person writes it: for editors, the docs, and to know what is secret. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  }) as JsonSchema;
}

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly secret?: boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function knownKeys(path: Path, type: unknown): string {
  const schemas = schemasAt(configJsonSchema(), path);
  const ofType = schemas.filter((schema) => schema.properties?.type?.const === type);
  const known = (ofType.length > 0 ? ofType : schemas).flatMap((schema) =>
    Object.keys(schema.properties ?? {}),
  );
  return known.length > 0 ? `; known are ${[...new Set(known)].join(', ')}` : '';
}

function channelTypes(): string[] {
  return schemasAt(configJsonSchema(), ['channels', 'x', 'type']).flatMap((schema) =>
    typeof schema.const === 'string' ? [schema.const] : [],
  );
}

/** With the value that the schema is for, only the alternatives of its `type`, because one type's secret can be plain in another. */
function schemasAt(schema: JsonSchema, path: Path, value?: unknown): readonly JsonSchema[] {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) {
    const type = memberOf(value, 'type');
    const fitting = alternatives.filter(
      ({ properties }) => type !== undefined && properties?.type?.const === type,
    );
    return (fitting.length > 0 ? fitting : alternatives).flatMap((one) => schemasAt(one, path, value));
  }
  const [key, ...rest] = path;
  if (key === undefined) return [schema];
  const next =
    typeof key === 'number' ? schema.items : (schema.properties?.[key] ?? schema.additionalProperties);
  return typeof next === 'object' ? schemasAt(next, rest, memberOf(value, key)) : [];
}

function memberOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}

/** Which values of the configuration `root` are secret. */
function secretPaths(root: unknown): (path: Path) => boolean {
  const schema = configJsonSchema();
  return (path) => schemasAt(schema, path, root).some((found) => found.secret === true);
}

/** The values of a part of the configuration that are secret, such as those of a channel, so that they can be kept out of what is shown. */
export function secretsIn(config: Partial<Config>): readonly string[] {
  const isSecret = secretPaths(config);
  const found: string[] = [];
  const look = (value: unknown, path: Path): void => {
    if (typeof value === 'string' && isSecret(path)) found.push(value);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value))
      look(item, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  look(config, []);
  return found;
}

/** The same tree without what is secret. */
function withoutSecrets(value: unknown, path: Path, isSecret: (path: Path) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item, i) => withoutSecrets(item, [...path, i], isSecret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      isSecret([...path, key]) ? [] : [[key, withoutSecrets(item, [...path, key], isSecret)]],
    ),
  );
}

/** The same tree with every reference to a secret replaced by the secret. A secret that stands there itself is a problem. */
function resolveSecrets(
  value: unknown,
  path: Path,
  isSecret: (path: Path) => boolean,
  sources: SecretSources,
  problem: (path: Path, message: string) => void,
): unknown {
  if (Array.isArray(value))
    return value.map((item, i) => resolveSecrets(item, [...path, i], isSecret, sources, problem));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        resolveSecrets(item, [...path, key], isSecret, sources, problem),
      ]),
    );
  if (typeof value !== 'string' || !isSecret(path)) return value;
  if (!isSecretRef(value)) {
    problem(path, 'is a secret and must not stand here; write where it lies: env:NAME or file:PATH');
    return value;
  }
  const resolved = resolveSecret(value, sources);
  if ('value' in resolved) return resolved.value;
  problem(path, resolved.problem);
  return value;
}
