import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { createBlocker, type Blocker } from '../respond/blocker.ts';
import type { Enforcement } from '../respond/enforcement.ts';
import { fileEnforcement } from '../respond/file.ts';
import { nginxEnforcement } from '../respond/nginx.ts';
import type { SyncResult } from '../respond/sync.ts';
import { parseIpSetArn, wafClients, wafEnforcement } from '../respond/waf.ts';
import { placeName, readListAt, type ListPlace } from '../source/approved-lists.ts';
import type { BlockStore } from '../store/block-store.ts';
import { parseNetwork, type Network } from '../web/network.ts';
import type { ProtectedNetwork } from '../web/protected-networks.ts';
import { policyOf, type BlockingConfig } from './config-blocking.ts';

/** A list of approved or shared addresses that could not be read. */
export interface ListTrouble {
  readonly source: string;
  readonly reason: string;
  /** Whether what it said the last time is still known. */
  readonly hasCopy: boolean;
}

export interface BlockingSync {
  readonly troubles: readonly ListTrouble[];
  readonly results: readonly SyncResult[];
}

/** Blocking as it is configured. */
export interface Blocking {
  readonly blocker: Blocker;
  /**
   * Reads the lists of approved and shared addresses, reviews the ledger, and brings it to where blocks are enforced. A list that cannot be
   * read keeps what it said; while one has never been read, nothing is added anywhere.
   */
  readonly sync: (by: string) => Promise<BlockingSync>;
}

export function createBlocking(
  config: BlockingConfig,
  store: BlockStore,
  s3: (region: string) => S3Client,
): Blocking {
  const lists = [
    ...placesOf(config.approved).map((place) => ({ place, kind: 'approved' as const })),
    ...placesOf(config.shared).map((place) => ({ place, kind: 'shared' as const })),
  ];
  const blocker = createBlocker({
    store,
    policy: policyOf(config),
    protections: [
      ...networksOf(config.approved.networks, 'approved'),
      ...networksOf(config.shared.networks, 'shared'),
    ],
    lists: lists.map(({ place }) => placeName(place)),
    enforcements: enforcementsOf(config),
    dryRun: config.mode === 'dry-run',
    tools: { now: Date.now, sleep, random: Math.random, newHolder: randomUUID },
  });

  async function refresh(): Promise<readonly ListTrouble[]> {
    const troubles: ListTrouble[] = [];
    for (const { place, kind } of lists) {
      const source = placeName(place);
      let networks: readonly Network[];
      try {
        networks = await readListAt(place, s3);
      } catch (error) {
        const known = (await store.approvals()).some((each) => each.source === source);
        const reason = error instanceof Error ? error.message : String(error);
        troubles.push({ source, reason, hasCopy: known });
        continue;
      }
      await blocker.setList({ source, kind, networks }, Date.now());
    }
    return troubles;
  }

  return {
    blocker,
    sync: async (by) => {
      const troubles = await refresh();
      const results = await blocker.sync(by, { addNothing: troubles.some(({ hasCopy }) => !hasCopy) });
      return { troubles, results };
    },
  };
}

function placesOf({ files, s3 }: BlockingConfig['approved']): readonly ListPlace[] {
  return [
    ...files.map((path) => ({ type: 'file' as const, path })),
    ...s3.map((place) => ({ type: 's3' as const, ...place })),
  ];
}

function networksOf(texts: readonly string[], kind: 'approved' | 'shared'): readonly ProtectedNetwork[] {
  return texts.flatMap((text) => {
    const network = parseNetwork(text);
    return network === undefined ? [] : [{ network, kind, source: 'configuration', reason: undefined }];
  });
}

function enforcementsOf(config: BlockingConfig): readonly Enforcement[] {
  const client = wafClients();
  const setsOf = ({ ipv4, ipv6, exclusive }: BlockingConfig['waf'][number]): readonly Enforcement[] =>
    (
      [
        [4, ipv4],
        [6, ipv6],
      ] as const
    ).flatMap(([family, arn]) => {
      const set = arn === undefined ? undefined : parseIpSetArn(arn);
      return set === undefined
        ? []
        : [wafEnforcement(set, family, { exclusive, client: () => client(set.region) })];
    });
  return [
    ...config.waf.flatMap(setsOf),
    ...config.files.map(fileEnforcement),
    ...config.nginx.map(nginxEnforcement),
  ];
}
