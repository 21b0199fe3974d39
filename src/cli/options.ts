import type { Command, Option } from 'commander';
import { severities } from '../event/severity.ts';

export function severityOf(command: Command, flags: string, description: string): Option {
  return command.createOption(flags, description).choices([...severities]);
}

export interface RuleOptions {
  rules?: string[];
  builtinRules: boolean;
}

/** The forms in which `tocsin scan` prints. */
export const formats = ['table', 'json', 'ndjson', 'sarif'] as const;

export type Format = (typeof formats)[number];
