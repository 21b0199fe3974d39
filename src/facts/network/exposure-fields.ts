import type { FieldName } from '../field-name.ts';

/** What rules see under `tocsin.exposure` of facts about network rules, beside the fields that every exposure has. */
export const networkExposureFieldNames: readonly FieldName[] = [
  {
    name: 'exposure.direction',
    description: 'of a network rule: ingress, egress, or unknown where the record does not say',
  },
  {
    name: 'exposure.source',
    description:
      'of a network rule, from where (outbound: to where): internet (a quarter of it or more), wide, narrow, private (not on the internet), own-group, known-group, foreign-group, prefix-list or unreadable',
  },
  {
    name: 'exposure.sources',
    description:
      'of a network rule: the address ranges, security groups or prefix lists, as the record has them',
  },
  {
    name: 'exposure.internet_share',
    description: 'of a network rule: the share of the internet that its ranges are together, from 0 to 1',
  },
  {
    name: 'exposure.ports',
    description: 'of a network rule: ports and protocols in words, such as TCP 22 (SSH) or every port',
  },
  { name: 'exposure.public_ports', description: 'the same, of what is open to the internet alone' },
  {
    name: 'exposure.port_classes',
    description:
      'of a network rule: every-port, admin-port, data-port, web-port, other-port, ping, other-protocol; allows has them as public:admin-port (also wide:, network:, private: and the like)',
  },
  {
    name: 'exposure.services',
    description:
      'of a network rule: services whose port is open, such as ssh or postgresql; allows has them as public:ssh',
  },
];
