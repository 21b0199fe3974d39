import { cidrText } from '../web/network.ts';
import type { Enforcement } from './enforcement.ts';
import { listFile } from './list-file.ts';

/** A plain file, one network in CIDR notation a line, for whatever reads such lists: firewalls, ipset, load balancers. */
export function fileEnforcement(path: string): Enforcement {
  return listFile('file', path, {
    write: cidrText,
    read: (line) => (line.startsWith('#') ? undefined : line.trim()),
  });
}
