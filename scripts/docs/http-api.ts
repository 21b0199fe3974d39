import { createApi } from '../../src/api/api.ts';
import { createBlocking } from '../../src/runtime/blocking.ts';
import { configSchema } from '../../src/runtime/config-schema.ts';
import { s3Client } from '../../src/source/aws-clients.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { code, table } from './markdown.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
      }
    >
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** Every route, from the OpenAPI document that the server itself gives out. */
export async function routes(): Promise<string> {
  const { paths } = await describedApi();
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) =>
        section(`${method.toUpperCase()} ${path}`, operation),
      ),
    )
    .join('\n\n');
}

async function describedApi(): Promise<Document> {
  const store = await openSqliteStore({ path: ':memory:' });
  const key = 'only for reading the description';
  const app = await createApi({
    store,
    ingest: () => Promise.reject(new Error('nothing is sent here')),
    blocks: {
      blocker: createBlocking(configSchema.parse({}).blocking, store.blocks, s3Client).blocker,
      nudge: () => {},
    },
    keys: [{ name: 'docs', key, scope: 'read' }],
    health: () => ({ ready: true, checks: [] }),
    metrics: () => Promise.resolve(''),
    version: '',
    now: () => 0,
    log: false,
  });
  try {
    const { body } = await app.inject({ url: '/openapi.json', headers: { 'x-api-key': key } });
    return JSON.parse(body) as Document;
  } finally {
    await app.close();
    await store.close();
  }
}

function section(title: string, operation: Operation): string {
  const { summary, description, security, parameters = [], requestBody, responses } = operation;
  const answer = Object.values(responses['200']?.content ?? {})[0]?.schema;
  const fields = answer === undefined ? [] : fieldsOf('', answer);
  const parts = [
    `### ${code(title)}`,
    `${summary}.${description === undefined ? '' : ` ${description}`}${security === undefined ? '' : ' Needs no key.'}`,
    requestBody === undefined
      ? ''
      : `Body: ${Object.keys(requestBody.content).map(code).join(', ')}.${Object.keys(requestBody.content).length > 1 ? ' The content type is not looked at; the content is.' : ''}`,
    parameters.length === 0
      ? ''
      : table(
          ['parameter', 'type', 'what it is'],
          parameters.map((each) => [code(each.name), typeWords(each.schema), each.description ?? '']),
        ),
    table(
      ['answer', 'when'],
      Object.entries(responses).map(([status, each]) => [status, each.description]),
    ),
    fields.length === 0 ? '' : `Fields of the answer:\n\n${table(['field', 'type', 'what it is'], fields)}`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** A row for each field, those of objects and lists under their own name: `alerts[].rule.id`. */
function fieldsOf(path: string, schema: Schema): string[][] {
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, inner]) =>
      fieldsOf(path === '' ? name : `${path}.${name}`, inner),
    );
  }
  if (schema.items?.properties !== undefined)
    return [...described(path, schema), ...fieldsOf(`${path}[]`, schema.items)];
  if (alternatives?.some((each) => each.properties !== undefined) === true)
    return oneOfRows(path, alternatives);
  return [[code(path), typeWords(schema), schema.description ?? '']];
}

function described(path: string, schema: Schema): string[][] {
  return schema.description === undefined ? [] : [[code(path), typeWords(schema), schema.description]];
}

/** Objects told apart by their `type`: a row for each type with the fields that it has. */
function oneOfRows(path: string, alternatives: readonly Schema[]): string[][] {
  return alternatives.map(({ properties = {} }) => {
    const { type, ...others } = properties;
    const also = Object.keys(others);
    return [
      code(path),
      'object',
      `With type ${(type?.enum ?? []).map((value) => code(String(value))).join(', ')}${also.length === 0 ? '' : ` and ${also.map(code).join(', ')}`}.`,
    ];
  });
}

function typeWords(schema: Schema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return alternatives.map(typeWords).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  const words = schema.items === undefined ? oneType(schema) : `list of ${oneType(schema.items)}s`;
  const range =
    schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER
      ? `, ${schema.minimum} to ${schema.maximum}`
      : '';
  return `${words}${range}${schema.default === undefined ? '' : `, default ${code(JSON.stringify(schema.default))}`}`;
}

function oneType({ type }: Schema): string {
  return [type ?? 'any'].flat().join(' or ');
}
