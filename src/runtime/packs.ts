import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinRules } from './load-rules.ts';

/** Rules that come with Tocsin and run only where they are asked for, and why they are left out otherwise. */
export const packs = {
  inventory:
    'who made, changed or deleted what: a record of all changes, informational, and as many alerts as changes',
  'instance-credentials':
    'the credentials of every EC2 instance followed call by call: looks at a great share of all calls',
  intel:
    'what feeds of indicators warn of; runs by itself in a server that has feeds (`intel`), and looks at every event',
} as const;

export type PackName = keyof typeof packs;

export const packNames = Object.keys(packs) as readonly PackName[];

/** The folder that has a folder for each pack. */
export const packsFolder: string = fileURLToPath(new URL('../../packs', import.meta.url));

export interface ChosenRules {
  readonly builtin: boolean;
  readonly packs: readonly PackName[];
  /** The user's own files and folders. */
  readonly folders: readonly string[];
}

/** The files and folders that hold the rules of a choice. */
export function rulePaths({ builtin, packs: chosen, folders }: ChosenRules): readonly string[] {
  return [...(builtin ? [builtinRules] : []), ...chosen.map((name) => join(packsFolder, name)), ...folders];
}
