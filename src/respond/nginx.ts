import { cidrText } from '../web/network.ts';
import type { Enforcement } from './enforcement.ts';
import { listFile } from './list-file.ts';

/** A file to be included in nginx, http://nginx.org/en/docs/http/ngx_http_access_module.html; nginx reads it when it reloads. */
export function nginxEnforcement(path: string): Enforcement {
  return listFile('nginx', path, {
    write: (network) => `deny ${cidrText(network)};`,
    read: (line) => /^deny ([0-9a-f.:/]+);$/.exec(line)?.[1],
  });
}
