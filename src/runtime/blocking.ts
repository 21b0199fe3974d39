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
import type { BlockPolicy } from '../web/block.ts';
import { parseNetwork, type Network } from '../web/network.ts';
import {
  protectedNetworks,
  type ProtectedNetwork,
  type ProtectedNetworks,
} from '../web/protected-networks.ts';
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

/** @param rules what differs for single rules on access logs */
export function createBlocking(
  config: BlockingConfig,
  store: BlockStore,
  s3: (region: string) => S3Client,
  rules: BlockPolicy['rules'] = {},
): Blocking {
  const lists = [
    ...placesOf(config.approved).map((place) => ({ place, kind: 'approved' as const })),
    ...config.approved.aws.map((own) => ({
      place: { type: 'aws' as const, ...own },
      kind: 'approved' as const,
    })),
    ...placesOf(config.shared).map((place) => ({ place, kind: 'shared' as const })),
  ];
  const blocker = createBlocker({
    store,
    policy: policyOf(config, rules),
    protections: configuredProtections(config),
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

/** What the configuration itself protects, without its lists. */
function configuredProtections({ approved, shared }: BlockingConfig): readonly ProtectedNetwork[] {
  return [...networksOf(approved.networks, 'approved'), ...networksOf(shared.networks, 'shared')];
}

/**
 * All that is protected by the configuration and the files that it names, for a look at what would be blocked; lists in S3 are not asked.
 * @throws {Error} where a file cannot be read
 */
export async function protectionsWithoutStore(config: BlockingConfig): Promise<ProtectedNetworks> {
  const listed = await Promise.all(
    (['approved', 'shared'] as const).flatMap((kind) =>
      config[kind].files.map(async (path) => {
        const networks = await readListAt({ type: 'file', path }, unused);
        return networks.map((network) => ({ network, kind, source: path, reason: undefined }));
      }),
    ),
  );
  return protectedNetworks([...configuredProtections(config), ...listed.flat()]);
}

function unused(): never {
  throw new Error('a file is not read from S3');
}

function placesOf({ files, s3 }: BlockingConfig['shared']): readonly ListPlace[] {
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
