import { describe, expect, it } from 'vitest';
import { parseRules } from '../sigma/parse.ts';
import { asksForOneText } from './inject-alone.ts';

describe('whether one text of a request is enough for a rule', () => {
  it.each<[name: string, detection: string, isEnough: boolean]>([
    ['one test of one column', '{ it: { tocsin.request.query|contains: x }, condition: it }', true],
    ['one of several texts', '{ it: { tocsin.request.query|contains: [x, y] }, condition: it }', true],
    ['decoded texts of several columns', "{ it: { tocsin.request.values|re: 'x+' }, condition: it }", true],
    [
      'what was done to hide something',
      '{ it: { tocsin.request.tricks: [null-byte] }, condition: it }',
      true,
    ],
    [
      'one of several detections',
      '{ a: { cs-uri-stem|contains: x }, b: { cs-referer|contains: y }, condition: 1 of * }',
      true,
    ],
    ['a list of searches', '{ it: [{ cs-host: x }, { cs-uri-query: y }], condition: it }', true],
    [
      'two detections at once',
      '{ a: { cs-uri-stem|contains: x }, b: { cs-referer|contains: y }, condition: a and b }',
      false,
    ],
    [
      'two columns at once',
      '{ it: { cs-uri-stem|contains: x, cs-referer|contains: y }, condition: it }',
      false,
    ],
    ['all of several texts', '{ it: { tocsin.request.values|contains|all: [x, y] }, condition: it }', false],
    ['what is not there', '{ it: { cs-uri-stem|contains: x }, condition: not it }', false],
    ['path and query as one text', "{ it: { cs-uri|contains: 'a?b' }, condition: it }", false],
    ['words anywhere', '{ keywords: [x], condition: keywords }', false],
    ['a status', '{ it: { sc-status: 500 }, condition: it }', false],
    ['a field that is missing', '{ it: { cs-uri-query: null }, condition: it }', false],
    ['a field that is there', '{ it: { cs-uri-query|exists: true }, condition: it }', false],
    ['two of three', '{ a: { cs-host: x }, b: { cs-host: y }, c: { cs-host: z }, condition: 2 of * }', false],
  ])('%s', (_name, detection, isEnough) => {
    const { rules, problems } = parseRules(
      `title: It\nlogsource: { category: webserver }\ndetection: ${detection}\n`,
      'it.yml',
    );
    expect(problems).toEqual([]);
    expect(rules.map(asksForOneText)).toEqual([isEnough]);
  });
});
