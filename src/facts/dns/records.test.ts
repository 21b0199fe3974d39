import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../event/json.ts';
import { factsOf } from '../table.ts';
import { denied } from '../testing/cloudtrail.ts';
import { recordChange, recordsCall } from './testing/examples.ts';

function dns(...changes: readonly Json[]) {
  return factsOf(recordsCall(changes)).filter(({ subject }) => subject === 'dns');
}

describe('a DNS record', () => {
  const cases: readonly (readonly [
    name: string,
    change: readonly [action: string, name: string, type: string, ...values: string[]],
    risks: readonly string[],
  ])[] = [
    ['that names a public address is no risk', ['CREATE', 'a.example.com', 'A', '192.0.2.1'], []],
    ['that names a private address', ['CREATE', 'db.example.com', 'A', '10.1.2.3'], ['private-address']],
    [
      'that names one private address among others',
      ['UPSERT', 'a.example.com', 'A', '198.51.100.1', '172.16.0.1'],
      ['private-address'],
    ],
    [
      'that names a unique local IPv6 address',
      ['CREATE', 'a.example.com', 'AAAA', 'fd00::1'],
      ['private-address'],
    ],
    ['that names shared address space', ['CREATE', 'a.example.com', 'A', '100.64.3.4'], ['private-address']],
    ['in a zone that is internal by its name', ['CREATE', 'db.corp.internal', 'A', '10.1.2.3'], []],
    [
      'that names an internal host',
      ['CREATE', 'a.example.com', 'CNAME', 'ip-10-0-0-1.ec2.internal'],
      ['internal-name'],
    ],
    ['that is a wildcard', ['CREATE', '\\052.example.com', 'CNAME', 'lb.example.net'], ['wildcard']],
    ['that names a GitHub page', ['CREATE', 'a.example.com', 'CNAME', 'example.github.io.'], ['claimable']],
    [
      'that names an Azure site',
      ['UPSERT', 'a.example.com', 'CNAME', 'shop.azurewebsites.net'],
      ['claimable'],
    ],
    ['that names github.io itself', ['CREATE', 'a.example.com', 'CNAME', 'github.io'], []],
    ['that ends like a provider only in letters', ['CREATE', 'a.example.com', 'CNAME', 'notgithub.io'], []],
    [
      'that names a load balancer',
      ['CREATE', 'a.example.com', 'CNAME', 'lb-1.eu-west-1.elb.amazonaws.com'],
      [],
    ],
    [
      'that delegates to a Route 53 zone',
      ['CREATE', 'dev.example.com', 'NS', 'ns-2048.awsdns-64.com.', 'ns-1.awsdns-00.co.uk.'],
      ['delegation'],
    ],
    [
      'that delegates elsewhere',
      ['CREATE', 'dev.example.com', 'NS', 'ns-2048.awsdns-64.com.', 'ns1.example.net.'],
      ['delegation-elsewhere'],
    ],
    [
      'that looks like a Route 53 server and is none',
      ['CREATE', 'dev.example.com', 'NS', 'ns-2048.awsdns-64.com.evil.example'],
      ['delegation-elsewhere'],
    ],
    ['for mail', ['UPSERT', 'example.com', 'MX', '10 mx.example.net'], ['mail-moved']],
    ['for mail, deleted', ['DELETE', 'example.com', 'MX', '10 mx.example.net'], ['mail-removed']],
    [
      'SPF that lets anyone send',
      ['UPSERT', 'example.com', 'TXT', '"v=spf1 include:_spf.example.net +all"'],
      ['spf-allows-anyone'],
    ],
    ['SPF with a bare all', ['UPSERT', 'example.com', 'TXT', '"v=spf1 all"'], ['spf-allows-anyone']],
    [
      'SPF that lets half of all addresses send',
      ['UPSERT', 'example.com', 'TXT', '"v=spf1 ip4:0.0.0.0/1 -all"'],
      ['spf-allows-anyone'],
    ],
    ['SPF that says nothing', ['UPSERT', 'example.com', 'TXT', '"v=spf1 ?all"'], ['spf-says-nothing']],
    ['SPF that refuses', ['UPSERT', 'example.com', 'TXT', '"v=spf1 mx -all"'], []],
    [
      'SPF in two strings',
      ['UPSERT', 'example.com', 'TXT', '"v=spf1 include:a.example" " +all"'],
      ['spf-allows-anyone'],
    ],
    ['SPF with an octal code', ['UPSERT', 'example.com', 'TXT', '"v=spf1 \\053all"'], ['spf-allows-anyone']],
    ['SPF, deleted', ['DELETE', 'example.com', 'TXT', '"v=spf1 mx -all"'], ['spf-removed']],
    [
      'DMARC that lets all through',
      ['UPSERT', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=none; rua=mailto:a@example.com"'],
      ['dmarc-none'],
    ],
    [
      'DMARC for no part of the mail',
      ['UPSERT', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=reject; pct=0"'],
      ['dmarc-none'],
    ],
    ['DMARC that rejects', ['UPSERT', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=reject"'], []],
    ['DMARC, deleted', ['DELETE', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=reject"'], ['dmarc-removed']],
    ['the text of DMARC under another name', ['UPSERT', 'example.com', 'TXT', '"v=DMARC1; p=none"'], []],
    [
      'a DKIM key, revoked',
      ['UPSERT', 's1._domainkey.example.com', 'TXT', '"v=DKIM1; p="'],
      ['dkim-removed'],
    ],
    [
      'a DKIM key for tests',
      ['UPSERT', 's1._domainkey.example.com', 'TXT', '"v=DKIM1; t=y; p=MIGf"'],
      ['dkim-weakened'],
    ],
    ['CAA that names an authority', ['UPSERT', 'example.com', 'CAA', '0 issue "letsencrypt.org"'], []],
    [
      'CAA that only asks for reports',
      ['UPSERT', 'example.com', 'CAA', '0 iodef "mailto:a@example.com"'],
      ['caa-allows-anyone'],
    ],
    ['CAA, deleted', ['DELETE', 'example.com', 'CAA', '0 issue "letsencrypt.org"'], ['caa-removed']],
    ['of text that means nothing', ['UPSERT', 'example.com', 'TXT', '"google-site-verification=abc"'], []],
    [
      'that pointed at something claimable and is gone',
      ['DELETE', 'a.example.com', 'CNAME', 'x.github.io'],
      [],
    ],
  ];
  it.each(cases)('%s', (_name, [action, name, type, ...values], risks) => {
    const [fact] = dns(recordChange(action, name, type, ...values));
    expect(fact?.fields).toMatchObject({ kind: 'record', risk: risks, type, attempted: false });
    expect(fact?.explanation).toContain('`');
  });

  it('at an S3 website names the bucket that a stranger would have to hold', () => {
    const [fact] = dns(
      recordChange(
        'CREATE',
        'www.example.com',
        'CNAME',
        'old.example.com.s3-website-us-east-1.amazonaws.com',
      ),
    );
    expect(fact?.fields).toMatchObject({ claimable: 'S3 website', claim: 'old.example.com' });
    expect(fact?.unknowns.join()).toContain('HeadBucket');
  });

  it('that is an alias for S3 stands for the bucket of its own name', () => {
    const [fact] = dns({
      action: 'CREATE',
      resourceRecordSet: {
        name: 'www.example.com',
        type: 'A',
        aliasTarget: { dNSName: 's3-website.eu-central-1.amazonaws.com.', hostedZoneId: 'Z21DNDUVLTQW6Q' },
      },
    });
    expect(fact?.fields).toMatchObject({ alias: true, claimable: 'S3 website', claim: 'www.example.com' });
  });

  it('that is deleted and made anew in one batch takes nothing away', () => {
    const [gone, made] = dns(
      recordChange('DELETE', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=none"'),
      recordChange('CREATE', '_dmarc.example.com', 'TXT', '"v=DMARC1; p=reject"'),
    );
    expect([gone?.fields['risk'], made?.fields['risk']]).toEqual([[], []]);
  });

  it('that could not be changed is no risk', () => {
    const event = recordsCall([recordChange('CREATE', 'a.example.com', 'CNAME', 'x.github.io')], denied);
    const [fact] = factsOf(event);
    expect(fact?.fields).toMatchObject({ change: 'unchanged', wanted: 'created', attempted: true, risk: [] });
    expect(fact?.explanation).toMatch(
      /^tried this, but the call failed \(`AccessDenied`\): the `CNAME` record/,
    );
  });

  it('is told in one line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        for (const fact of dns(recordChange('UPSERT', `a${name}`, 'TXT', value)))
          expect(fact.explanation).not.toMatch(/[\n\r]/);
      }),
    );
  });
});
