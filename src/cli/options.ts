import { InvalidArgumentError, type Command, type Option } from 'commander';
import type { PackName } from '../runtime/packs.ts';
import { severities } from '../event/severity.ts';

export function severityOf(command: Command, flags: string, description: string): Option {
  return command.createOption(flags, description).choices([...severities]);
}

export interface PipelineFlags {
  pipeline?: string[];
}

/** `--pipeline A --pipeline B`. */
export function pipelineOption(command: Command): Option {
  return command
    .createOption(
      '--pipeline <file>',
      'fit the rules with this processing pipeline; may be given more than once',
    )
    .argParser((file: string, before: string[] | undefined) => [...(before ?? []), file]);
}

export interface RuleOptions extends PipelineFlags {
  rules?: string[];
  pack?: PackName[];
  builtinRules: boolean;
  config?: string;
}

/** The forms in which `tocsin scan` prints. */
export const formats = ['table', 'json', 'ndjson', 'sarif'] as const;

export type Format = (typeof formats)[number];

/** A whole number, or `all`, which is infinite. */
export function numberOrAll(text: string): number {
  return text === 'all' ? Number.POSITIVE_INFINITY : wholeNumber(text);
}

export function wholeNumber(text: string): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
