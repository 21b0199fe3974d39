import type { Command, Option } from 'commander';
import { severities } from '../event/severity.ts';

export function severityOf(command: Command, flags: string, description: string): Option {
  return command.createOption(flags, description).choices([...severities]);
}

export interface RuleOptions {
  rules?: string[];
  builtinRules: boolean;
}
