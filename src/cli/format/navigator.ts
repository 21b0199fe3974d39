import type { Coverage } from '../../alert/coverage.ts';

/**
 * A layer for the ATT&CK Navigator, layer format 4.5; the score of a technique is the number of its rules.
 * https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
 */
export function navigatorLayer(coverage: Coverage): object {
  const scored = new Map(coverage.techniques.map((technique) => [technique.id, technique.rules]));
  // A parent is opened where one of its sub-techniques has a score, or nobody would see it.
  const parents = new Set([...scored.keys()].flatMap((id) => (id.includes('.') ? [id.slice(0, 5)] : [])));
  const techniques = [...new Set([...scored.keys(), ...parents])].sort().map((id) => {
    const rules = scored.get(id);
    return {
      techniqueID: id,
      ...(rules === undefined
        ? {}
        : { score: rules.length, comment: rules.map(({ title }) => title).join('\n') }),
      enabled: true,
      showSubtechniques: parents.has(id),
    };
  });
  return {
    name: 'Tocsin rules',
    versions: { navigator: '5.1.0', layer: '4.5' },
    domain: 'enterprise-attack',
    description: 'Techniques that the rules name; the score is the number of rules.',
    techniques,
    gradient: {
      colors: ['#dbe9f6', '#2f7fbf'],
      minValue: 0,
      maxValue: Math.max(1, ...coverage.techniques.map(({ rules }) => rules.length)),
    },
    hideDisabled: false,
  };
}
