import { homedir } from 'node:os';
import { join, isAbsolute } from 'node:path';

/**
 * The user's folder for what can be made again: `$XDG_CACHE_HOME/tocsin`, `~/.cache/tocsin`, and on Windows `%LOCALAPPDATA%\tocsin`. A
 * relative XDG_CACHE_HOME is ignored, as its specification asks (https://specifications.freedesktop.org/basedir-spec/latest/).
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'tocsin');
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'tocsin');
}

/** Where rules are kept as they were read. */
export function keptRulesFolder(): string {
  return join(cacheFolder(process.env), 'rules');
}
