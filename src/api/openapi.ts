import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { batchHeaders } from '../worker/protocol.ts';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

const anyBody = { schema: {} };
const bytesBody = { schema: { type: 'string', contentMediaType: 'application/gzip' } };

/** The stream that `POST /v1/events` takes is nothing that a schema could check, so its description is added by hand. */
const eventBody = {
  required: true,
  description: 'CloudTrail records in any of their forms.',
  content: { 'application/json': anyBody, 'application/x-ndjson': anyBody, 'application/gzip': bytesBody },
};

/** Makes the OpenAPI 3.1 document out of the routes registered after this, and serves it at `/openapi.json`. */
export async function openApi(
  app: FastifyInstance,
  options: { readonly version: string; readonly publicUrl: string | undefined; readonly keysNeeded: boolean },
): Promise<void> {
  const { version, publicUrl, keysNeeded } = options;
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tocsin',
        version,
        description:
          'Cloud detection and response for AWS: send events, read alerts. Errors are problem details (RFC 9457).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl ?? '/' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          worker: {
            type: 'apiKey',
            in: 'header',
            name: batchHeaders.signature,
            description:
              'A signature over the whole request, for workers; docs/workers.md tells how it is made.',
          },
          basic: { type: 'http', scheme: 'basic', description: 'Any user name, the key as password.' },
        },
      },
      security: keysNeeded ? [{ bearer: [] }, { apiKey: [] }, { basic: [] }] : [],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      const post = openapiObject.paths?.['/v1/events']?.post;
      if (post !== undefined) Object.assign(post, { requestBody: eventBody });
      return openapiObject;
    },
  });
  app.get('/openapi.json', { config: { need: 'read' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );
}
