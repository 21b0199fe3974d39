import * as z from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { Answer, ChannelRequest, ChannelResponse, DeliveryContext } from './channel.ts';
import { ecsDocument } from './ecs.ts';
import { jsonBody } from './json-answer.ts';
import { readStatus } from './send.ts';
import { allowHttp, checkUrl, joined, secretText, sharedSettings } from './settings.ts';
import { wellFormedJson } from './well-formed.ts';

/**
 * Elasticsearch and OpenSearch: one document an alert and one for each news of it, made only where there is none by its id, so that a repeat changes
 * nothing, in an index as well as in a data stream.
 * https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-create
 * https://docs.opensearch.org/latest/api-reference/document-apis/index-document/
 */

export const elasticsearchSettings = z
  .strictObject({
    type: z
      .literal('elasticsearch')
      .describe('Documents in Elasticsearch or OpenSearch, in the Elastic Common Schema.'),
    ...sharedSettings,
    url: z.string().describe('Base address of the cluster, such as https://elastic.example.com:9200.'),
    index: z
      .string()
      .max(255)
      .regex(
        /^[a-z0-9.][a-z0-9._-]*$/,
        'is no name of an index or data stream: lower-case letters, digits, - and _',
      )
      .default('tocsin-alerts')
      .describe('Index, alias or data stream to write to.'),
    apiKey: secretText(
      'API key of Elasticsearch, encoded in base64 as Kibana shows it. Use this or `username` with `password`.',
    )
      .regex(/^[A-Za-z0-9+/=_-]+$/, 'is not base64')
      .optional(),
    username: z.string().min(1).max(200).optional().describe('User of Elasticsearch or OpenSearch.'),
    password: secretText('The password of `username`.').optional(),
    allowHttp,
    maxBytes: z
      .int()
      .min(65_536)
      .default(1_048_576)
      .describe('A document of more bytes goes without the raw event, and says so.'),
  })
  .superRefine(checkUrl)
  .superRefine(({ apiKey, username, password }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (apiKey !== undefined && username !== undefined)
      problem('username', 'has no effect beside `apiKey`; keep one of them');
    if (username !== undefined && password === undefined)
      problem('password', 'is missing; `username` needs one');
    if (password !== undefined && username === undefined)
      problem('username', 'is missing; `password` needs one');
    if (username?.includes(':') === true)
      problem('username', 'holds a colon, which basic authentication cannot carry');
  });

export type ElasticsearchSettings = z.output<typeof elasticsearchSettings>;

export const elasticsearch = {
  type: 'elasticsearch' as const,
  settings: elasticsearchSettings,

  render(alert: Alert, settings: ElasticsearchSettings, context: DeliveryContext): ChannelRequest {
    const whole = wellFormedJson(ecsDocument(alert, context.link, { withOriginal: true }));
    const fits = Buffer.byteLength(whole) <= settings.maxBytes;
    const authorization = authorizationOf(settings);
    return {
      url: joined(settings.url, `/${settings.index}/_create/${encodeURIComponent(documentId(alert))}`),
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: fits ? whole : wellFormedJson(ecsDocument(alert, context.link, { withOriginal: false })),
    };
  },

  read(response: ChannelResponse): Answer {
    const { status, body } = response;
    const type = jsonBody(body, errorSchema)?.error.type ?? '';
    if (status === 409 && type === 'version_conflict_engine_exception') return { type: 'accepted' };
    if (status >= 200 && status < 300 && jsonBody(body, takenSchema) === undefined) {
      return {
        type: 'later',
        reason: `HTTP ${status} with an answer that is no search engine's; check for a proxy and \`url\``,
      };
    }
    if (status === 400 && mappingErrors.has(type)) {
      return {
        type: 'closed',
        reason: `HTTP 400, ${type}: the mapping of the index does not fit; use an index of its own with dynamic mapping or that of ECS`,
      };
    }
    if (status === 403 && type === 'cluster_block_exception') {
      return {
        type: 'closed',
        reason: 'HTTP 403: the index takes no writes; its disk may be full, or it is read-only',
      };
    }
    return readStatus(response);
  },
};

/** News of an alert is a document of its own: one by the same id would be taken for a repeat, and lost. */
function documentId({ id, news }: Alert): string {
  return news === undefined ? id : `${id}-${news.number}`;
}

function authorizationOf({ apiKey, username, password }: ElasticsearchSettings): string | undefined {
  if (apiKey !== undefined) return `ApiKey ${apiKey}`;
  return username === undefined
    ? undefined
    : `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`;
}

const takenSchema = z.object({ result: z.literal('created') });
const errorSchema = z.object({ error: z.object({ type: z.string() }) });
/** About the index and not about the document: its fields are the same for all alerts. */
const mappingErrors = new Set([
  'document_parsing_exception',
  'mapper_parsing_exception',
  'strict_dynamic_mapping_exception',
  'illegal_argument_exception',
]);
