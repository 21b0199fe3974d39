import { readFileSync } from 'node:fs';

/** A secret is never written into the configuration, only where it lies: `env:NAME` or `file:PATH`. */
export type SecretRef = `env:${string}` | `file:${string}`;

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

export function systemSecrets(): SecretSources {
  return { env: process.env, readFile: (path) => readFileSync(path, 'utf8') };
}

export function isSecretRef(value: string): value is SecretRef {
  return /^(env|file):./.test(value);
}

/** The secret itself, or in `problem` why it can't be had; the problem never holds the secret. */
export function resolveSecret(
  ref: SecretRef,
  sources: SecretSources,
): { readonly value: string } | { readonly problem: string } {
  const place = ref.slice(ref.indexOf(':') + 1);
  if (ref.startsWith('env:')) {
    const value = sources.env[place];
    return value
      ? { value }
      : { problem: `the environment variable ${place} is not set; set it, or point to another place` };
  }
  try {
    const value = sources.readFile(place).trim();
    return value ? { value } : { problem: `the file ${place} is empty` };
  } catch (error) {
    return {
      problem: `the file ${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
