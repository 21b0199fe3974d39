import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommand, taskCommand, taskNames } from './tasks.mjs';

const root = path.join(import.meta.dirname, '..', '..');

describe('the command line of run.mjs', () => {
  it.each([
    [['test'], { task: 'test', args: [], major: undefined }],
    [['start', '--port', '9000'], { task: 'start', args: ['--port', '9000'], major: undefined }],
    [['--node', '22', 'test', 'src'], { task: 'test', args: ['src'], major: '22' }],
    [['--node=26', 'test'], { task: 'test', args: [], major: '26' }],
    [['tocsin', '--node', '22'], { task: 'tocsin', args: ['--node', '22'], major: undefined }],
  ])('%j', (argv, expected) => {
    expect(parseCommand(argv)).toEqual(expected);
  });

  it.each([
    [[], 'no task given'],
    [['tset'], "'tset' is no task"],
    [['toString'], "'toString' is no task"],
    [['--node'], "expected 22, 24 or 26, not ''"],
    [['--node', '20', 'test'], "not '20'"],
    [['--node=24'], 'no task given'],
  ])('%j is refused', (argv, reason) => {
    expect(parseCommand(argv)).toContain(reason);
  });
});

describe('a task', () => {
  it('is every npm script, and every npm script is a task', () => {
    /** @type {{ scripts: Record<string, string> }} */
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
    const called = Object.values(scripts).map(
      (script) => /^node scripts\/run\.mjs (\w+)$/.exec(script)?.[1] ?? '',
    );
    expect([...new Set(called)].toSorted()).toEqual(taskNames.toSorted());
    for (const task of taskNames) expect(scripts[task]).toBe(`node scripts/run.mjs ${task}`);
  });

  it('runs a file that exists', () => {
    // bench/ is checked by running it.
    for (const task of taskNames.filter((name) => name !== 'bench')) {
      const { args } = taskCommand(task, [], root, {}, root);
      const script = args.find((arg) => !arg.startsWith('--')) ?? '';
      expect(existsSync(script), task).toBe(true);
    }
  });

  it('hands the arguments on after its own', () => {
    const { args } = taskCommand('start', ['--port', '9000'], '/p', {}, '/p');
    expect(args.slice(args.indexOf('/p/bin/tocsin.js') + 1)).toEqual(['serve', '--demo', '--port', '9000']);
  });

  it.each([
    ['tocsin', { npm_lifecycle_event: 'tocsin', INIT_CWD: '/p/logs' }, '/p', '/p/logs'],
    ['tocsin', { INIT_CWD: '/elsewhere' }, '/here', '/here'],
    ['tocsin', { npm_lifecycle_event: 'tocsin' }, '/p', '/p'],
    ['test', { npm_lifecycle_event: 'test', INIT_CWD: '/p/logs' }, '/p/logs', '/p'],
  ])('%s with %j in %s works in %s', (task, env, cwd, expected) => {
    expect(taskCommand(task, [], '/p', env, cwd).cwd).toBe(expected);
  });
});
