import type { Analyser } from '../fact.ts';
import { connection } from './connection.ts';
import { databaseGroup } from './database-group.ts';
import { diversion } from './diversion.ts';
import { networkInterface } from './interface.ts';
import { lightsailFirewall } from './lightsail.ts';
import { networkAcl } from './network-acl.ts';
import { route } from './route.ts';
import { securityGroup } from './security-group.ts';

/** The analysers of networks: what traffic is let through, and by which ways it can go. */
export const networkAnalysers: readonly Analyser[] = [
  securityGroup,
  networkAcl,
  databaseGroup,
  lightsailFirewall,
  route,
  networkInterface,
  connection,
  diversion,
];
