import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpProblem } from './problem.ts';

/** What a form sent: a name that came several times has all its values. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/** 4,000 characters, each of three bytes, each of those as `%XX`, and as much again for the rest. */
export const longestForm = 64 * 1024;

/** Routes whose body is the form of a page, taken only from a browser that shows that page. */
export function formRoutes(parent: FastifyInstance, routes: (app: FastifyInstance) => void): void {
  parent.register(async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, fieldsOf(String(body))),
    );
    app.addHook('preHandler', async (request) => refuseUnlessFromPage(request));
    routes(app);
  });
}

function fieldsOf(body: string): FormFields {
  const parameters = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/**
 * The guard refuses what says that it comes from elsewhere; a form must moreover say that it comes from here, as every browser does.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
 */
function refuseUnlessFromPage({ headers }: FastifyRequest): void {
  if (headers['sec-fetch-site'] === 'same-origin' || headers.origin !== undefined) return;
  throw new HttpProblem(
    403,
    'This form is taken from a browser that shows its page; programs use the API, which /openapi.json describes.',
  );
}
