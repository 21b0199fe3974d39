import { expect, it } from 'vitest';
import { namingParameters } from './target-types.ts';

const services = [...namingParameters.keys()];
const rows = [...namingParameters].flatMap(([service, parameters]) =>
  parameters.map((parameter) => ({ service, ...parameter })),
);

it('services stand in order, without the ending that the lookup cuts off', () => {
  expect(services).toEqual([...services].sort());
  expect(services.filter((service) => !/^[a-z0-9-]+$/.test(service))).toEqual([]);
});

it('every type is spelled as CloudFormation spells types', () => {
  expect(rows.filter(({ type }) => !/^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$/.test(type))).toEqual([]);
});

it('every path begins with a small letter, as CloudTrail writes parameters', () => {
  expect(rows.filter(({ path }) => path.some((name) => !/^[a-z][A-Za-z]+$/.test(name)))).toEqual([]);
});

it('no parameter is named twice for the same actions', () => {
  const keys = rows.map(({ service, path, only }) => `${service} ${path.join('.')} ${only ?? ''}`);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});
