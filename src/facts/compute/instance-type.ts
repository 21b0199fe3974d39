/** What the name of an instance type tells. */
export interface InstanceType {
  /** `p4d` */
  readonly family: string;
  /** Graphics, AI or programmable accelerators: what miners and those who run stolen models want. */
  readonly accelerated: boolean;
  /** Sixty-four virtual processors or more, bare metal, or terabytes of memory. */
  readonly large: boolean;
  /** Virtual processors, about: four for each `xlarge`. Bare metal counts as 64. */
  readonly processors: number;
}

const longest = 60;

/**
 * Families with accelerators: graphics (`g`, `gr`, `p`), Inferentia, Trainium, Gaudi (`dl`), video (`vt`) and FPGA (`f`).
 * `u` has terabytes of memory. https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */
const accelerated = /^(?:dl|f|g|gr|inf|p|trn|vt)\d/;
const memory = /^u\d*-|^u7/;

const processorsBySize: ReadonlyMap<string, number> = new Map([
  ['nano', 1],
  ['micro', 1],
  ['small', 1],
  ['medium', 1],
  ['large', 2],
  ['xlarge', 4],
]);

/**
 * Takes the name of a type apart: `p4d.24xlarge`, `ml.g5.xlarge`, `db.r6g.large`, `u-6tb1.metal`. Undefined where it is none, such as a
 * Lightsail bundle without a word of its hardware.
 */
export function instanceTypeOf(name: string): InstanceType | undefined {
  if (name.length > longest) return undefined;
  const plain = name.toLowerCase().replace(/^(?:ml|db|cache|dms|search|kafka)\./, '');
  if (/^[a-z_0-9]*gpu[a-z_0-9]*$/.test(plain))
    return { family: 'gpu', accelerated: true, large: false, processors: 4 };
  const [, family, size] = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)$/.exec(plain) ?? [];
  if (family === undefined || size === undefined) return undefined;
  const times = /^(\d{1,3})xlarge/.exec(size)?.[1];
  const processors = size.startsWith('metal')
    ? 64
    : times === undefined
      ? (processorsBySize.get(size) ?? 0)
      : Number(times) * 4;
  return {
    family,
    accelerated: accelerated.test(family),
    large: processors >= 64 || memory.test(family),
    processors,
  };
}
