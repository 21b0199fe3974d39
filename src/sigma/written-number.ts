import { isScalar, visit, type Document } from 'yaml';

/**
 * A number that YAML reads otherwise than it is written: the account `012345678901`, the version `1.10`, a count too long to be exact. In
 * a log such things are texts, so a rule must be able to find them as they are written.
 */
export class WrittenNumber {
  readonly value: number;
  readonly text: string;

  constructor(value: number, text: string) {
    this.value = value;
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** Puts a WrittenNumber in the place of each such number among the values of the rule's detections. Changes the document. */
export function keepWrittenNumbers(document: Document): void {
  const detection: unknown = document.getIn(['detection'], true);
  if (typeof detection !== 'object' || detection === null) return;
  visit(detection as Parameters<typeof visit>[0], {
    Scalar: (key, node) => {
      if (key === 'key' || !isScalar(node) || typeof node.value !== 'number') return;
      if (node.source !== undefined && node.source !== String(node.value))
        node.value = new WrittenNumber(node.value, node.source);
    },
  });
}
