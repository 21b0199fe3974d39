import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

/** Where the pages find what they load. The addresses change with the content, so that browsers may keep it for ever. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

const files = {
  style: {
    name: 'page.css',
    parts: ['base.css', 'severity.css', 'list.css', 'detail.css', 'board.css', 'life.css', 'desk.css'],
    type: 'text/css; charset=utf-8',
  },
  script: { name: 'page.js', parts: ['page.js'], type: 'text/javascript; charset=utf-8' },
  icon: { name: 'icon.svg', parts: ['icon.svg'], type: 'image/svg+xml' },
} as const;

/** Reads the files that lie beside this one, once, and serves them. */
export function assetRoutes(app: FastifyInstance): Assets {
  const serve = ({ name, parts, type }: (typeof files)[keyof typeof files]): string => {
    const content = parts
      .map((part) => readFileSync(new URL(`assets/${part}`, import.meta.url), 'utf8'))
      .join('\n');
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
    const path = `/assets/${hash}/${name}`;
    app.get(path, { config: { need: 'read' }, schema: { hide: true } }, async (_request, reply) =>
      reply
        .header('content-type', type)
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(content),
    );
    return path;
  };
  return { style: serve(files.style), script: serve(files.script), icon: serve(files.icon) };
}
