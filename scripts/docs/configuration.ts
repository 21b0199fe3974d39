import { configJsonSchema, type JsonSchema } from '../../src/runtime/config.ts';
import { code, table } from './markdown.ts';

/** `minimum` and `maximum` are in the document too, but nothing at run time reads them. */
type Schema = JsonSchema & { readonly minimum?: number; readonly maximum?: number; readonly format?: string };

interface Row {
  readonly key: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** Every key of the configuration, a section for each key at the top and for each type of channel. */
export function configurationKeys(): string {
  const { properties = {} } = configJsonSchema();
  return Object.entries(properties)
    .map(([key, schema]) => (key === 'channels' ? channelsSection(schema) : section(key, schema)))
    .join('\n\n');
}

/** The types of channel, in the order of the configuration's schema. */
export function channelTypes(): readonly string[] {
  return channelSchemas().map(typeOf);
}

/** The settings of one type of channel. */
export function channelKeys(type: string): string {
  const schema = channelSchemas().find((each) => typeOf(each) === type);
  if (schema === undefined)
    throw new Error(`there is no channel type '${type}'; there is ${channelTypes().join(', ')}`);
  return keysTable(rowsOf('', schema, false).filter(({ key }) => key !== 'type'));
}

function section(key: string, schema: Schema): string {
  const rows = rowsOf(key, schema, false);
  const isGroup = rows.length > 1 || rows[0]?.key !== key;
  return `### ${code(key)}\n\n${isGroup ? `${schema.description ?? ''}\n\n` : ''}${keysTable(rows)}`;
}

function channelsSection(schema: Schema): string {
  const types = channelTypes().map(
    (type) =>
      `#### ${code(`type: ${type}`)}\n\n${typeDescription(type)} See [channels/${type}.md](channels/${type}.md).\n\n${channelKeys(type)}`,
  );
  return `### ${code('channels')}\n\n${schema.description ?? ''} ${code('channels.NAME.type')} says of which kind it is: ${channelTypes().map(code).join(' or ')}. The other keys depend on it.\n\n${types.join('\n\n')}`;
}

function channelSchemas(): readonly Schema[] {
  const named = configJsonSchema().properties?.channels?.additionalProperties;
  return typeof named === 'object' ? (named.oneOf ?? named.anyOf ?? []) : [];
}

function typeOf(schema: Schema): string {
  return String(schema.properties?.type?.const);
}

function typeDescription(type: string): string {
  const schema = channelSchemas().find((each) => typeOf(each) === type);
  return schema?.properties?.type?.description ?? '';
}

function rowsOf(key: string, schema: Schema, required: boolean): readonly Row[] {
  const below = (name: string) => (key === '' ? name : `${key}.${name}`);
  if (schema.properties !== undefined) {
    const names = new Set(schema.required);
    return Object.entries(schema.properties).flatMap(([name, inner]) =>
      rowsOf(below(name), inner, names.has(name)),
    );
  }
  const own: Row = { key, schema, required };
  if (schema.items?.properties !== undefined) return [own, ...rowsOf(`${key}[]`, schema.items, false)];
  if (typeof schema.additionalProperties === 'object')
    return [own, ...rowsOf(below('NAME'), schema.additionalProperties, false)];
  return [own];
}

function keysTable(rows: readonly Row[]): string {
  return table(
    ['key', 'type', 'default', 'what it is'],
    rows.map(({ key, schema, required }) => [
      code(key),
      typeWords(schema),
      required ? 'required' : defaultWords(schema.default),
      schema.description ?? '',
    ]),
  );
}

function typeWords(schema: Schema): string {
  if (schema.secret === true) return `**secret**: ${code('env:NAME')} or ${code('file:PATH')}`;
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  switch (schema.type) {
    case 'integer':
      return `whole number${rangeWords(schema)}`;
    case 'boolean':
      return `${code('true')} or ${code('false')}`;
    case 'array':
      return schema.items?.properties === undefined ? 'list of texts' : 'list';
    case 'object':
      return 'names and values';
    default:
      return schema.format === 'uri' ? 'address' : 'text';
  }
}

function rangeWords({ minimum, maximum }: Schema): string {
  // JSON schema writes "no limit" for whole numbers as the largest that is exact.
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? `, at least ${minimum}`
    : `, ${minimum} to ${maximum}`;
}

function defaultWords(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value) && value.length === 0) return 'empty';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) return 'empty';
  return code(typeof value === 'string' ? value : JSON.stringify(value));
}
