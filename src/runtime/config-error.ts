/** The file that is read where none is named and it exists. */
export const defaultConfigPath = 'tocsin.yaml';

/** A configuration that cannot be used; the message has one line for each thing wrong, with file, line, key and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
