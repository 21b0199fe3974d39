import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadRules } from './load-rules.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-rules-'));
});
afterEach(() => rm(folder, { recursive: true }));

const rule = (title: string) => `
title: ${title}
logsource: {product: aws, service: cloudtrail}
detection: {it: {eventName: ${title}}, condition: it}
`;

async function load(...names: string[]) {
  const { rules, problems } = await loadRules(names.map((name) => join(folder, name)));
  return {
    titles: rules.map(({ title }) => title),
    problems: problems.map(({ path, message }) => `${path.slice(folder.length + 1)}: ${message}`),
  };
}

test('A rule behind a link is loaded, and behind a link to its folder', async () => {
  await mkdir(join(folder, 'elsewhere/more'), { recursive: true });
  await mkdir(join(folder, 'rules'));
  await writeFile(join(folder, 'elsewhere/one.yml'), rule('One'));
  await writeFile(join(folder, 'elsewhere/more/two.yml'), rule('Two'));
  await symlink('../elsewhere/one.yml', join(folder, 'rules/one.yml'));
  await symlink('../elsewhere/more', join(folder, 'rules/more'));
  expect(await load('rules')).toEqual({ titles: ['Two', 'One'], problems: [] });
});

test('A link that leads nowhere is a problem, and the other rules are loaded', async () => {
  await writeFile(join(folder, 'good.yml'), rule('Good'));
  await symlink('nowhere', join(folder, 'broken.yml'));
  await symlink('nowhere', join(folder, 'notes.txt'));
  expect(await load('')).toEqual({
    titles: ['Good'],
    problems: ['broken.yml: there is no such file or folder; check the path, or the link'],
  });
});

test('Links in a circle end, and no file is read twice', async () => {
  await writeFile(join(folder, 'good.yml'), rule('Good'));
  await symlink('.', join(folder, 'again'));
  await symlink('good.yml', join(folder, 'same.yml'));
  expect(await load('', 'good.yml')).toEqual({ titles: ['Good'], problems: [] });
});

test('A link to itself is a problem', async () => {
  await writeFile(join(folder, 'good.yml'), rule('Good'));
  await symlink('self.yml', join(folder, 'self.yml'));
  const { titles, problems } = await load('');
  expect(titles).toEqual(['Good']);
  expect(problems).toEqual([expect.stringContaining('self.yml: cannot be read (ELOOP')]);
});

test('A folder that is called like a rule is a folder', async () => {
  await mkdir(join(folder, 'x.yml'));
  await writeFile(join(folder, 'x.yml/in.yml'), rule('In'));
  expect(await load('')).toEqual({ titles: ['In'], problems: [] });
});

test('What is neither file nor folder is left alone: reading it could wait for ever', async () => {
  const server = createServer().listen(join(folder, 'socket.yml'));
  try {
    expect(await load('socket.yml')).toEqual({
      titles: [],
      problems: ['socket.yml: is neither a file nor a folder; leave it out'],
    });
  } finally {
    server.close();
  }
});

test.each([
  ['circles in a key of its own', 'tocsin: &self {headline: x, me: *self}'],
  ['a key of its own with a list in a circle', 'other: &self [*self]'],
])('A rule with %s is a problem, and the others are loaded', async (_, line) => {
  await writeFile(join(folder, 'a.yml'), `${rule('Circle')}${line}\n`);
  await writeFile(join(folder, 'good.yml'), rule('Good'));
  const { titles, problems } = await load('');
  expect(titles).toEqual(['Good']);
  expect(problems).toEqual([expect.stringContaining('a.yml: ')]);
});

test('A file in the old form with a global part gives a warning and its rules', async () => {
  const shared = 'action: global\nlogsource: {product: aws, service: cloudtrail}\n---\n';
  await writeFile(
    join(folder, 'old.yml'),
    `${shared}title: Old\ndetection: {it: {eventName: Old}, condition: it}\n`,
  );
  const { rules, problems } = await loadRules([join(folder, 'old.yml')]);
  expect(rules.map(({ title }) => title)).toEqual(['Old']);
  expect(problems.map(({ level, line }) => [level, line])).toEqual([['warning', 1]]);
});
