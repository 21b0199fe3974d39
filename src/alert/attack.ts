import type { AttackRef } from './alert.ts';

/**
 * Tactics of MITRE ATT&CK (Enterprise) under the short names that Sigma tags use; https://attack.mitre.org/tactics/enterprise/
 * © The MITRE Corporation. ATT&CK is used with permission: this work is reproduced and distributed with the permission of
 * The MITRE Corporation. ATT&CK is a registered trademark of The MITRE Corporation.
 */
const tactics: Readonly<Record<string, AttackRef>> = {
  collection: { id: 'TA0009', name: 'Collection' },
  'command-and-control': { id: 'TA0011', name: 'Command and Control' },
  'credential-access': { id: 'TA0006', name: 'Credential Access' },
  'defense-evasion': { id: 'TA0005', name: 'Defense Evasion' },
  discovery: { id: 'TA0007', name: 'Discovery' },
  execution: { id: 'TA0002', name: 'Execution' },
  exfiltration: { id: 'TA0010', name: 'Exfiltration' },
  impact: { id: 'TA0040', name: 'Impact' },
  'initial-access': { id: 'TA0001', name: 'Initial Access' },
  'lateral-movement': { id: 'TA0008', name: 'Lateral Movement' },
  persistence: { id: 'TA0003', name: 'Persistence' },
  'privilege-escalation': { id: 'TA0004', name: 'Privilege Escalation' },
  reconnaissance: { id: 'TA0043', name: 'Reconnaissance' },
  'resource-development': { id: 'TA0042', name: 'Resource Development' },
};

/** Techniques that matter in a cloud account or against a web site, with MITRE's own name of each; a sub-technique's parent is here too. https://attack.mitre.org/matrices/enterprise/cloud/iaas/ */
const techniques: Readonly<Record<string, string>> = {
  T1005: 'Data from Local System',
  T1006: 'Direct Volume Access',
  T1020: 'Automated Exfiltration',
  T1021: 'Remote Services',
  'T1021.001': 'Remote Desktop Protocol',
  'T1021.004': 'SSH',
  'T1021.007': 'Cloud Services',
  'T1021.008': 'Direct Cloud VM Connections',
  T1036: 'Masquerading',
  T1040: 'Network Sniffing',
  T1048: 'Exfiltration Over Alternative Protocol',
  T1053: 'Scheduled Task/Job',
  T1059: 'Command and Scripting Interpreter',
  'T1059.003': 'Windows Command Shell',
  'T1059.004': 'Unix Shell',
  'T1059.007': 'JavaScript',
  'T1059.009': 'Cloud API',
  T1069: 'Permission Groups Discovery',
  'T1069.003': 'Cloud Groups',
  T1070: 'Indicator Removal',
  T1071: 'Application Layer Protocol',
  'T1071.004': 'DNS',
  T1078: 'Valid Accounts',
  'T1078.001': 'Default Accounts',
  'T1078.004': 'Cloud Accounts',
  T1083: 'File and Directory Discovery',
  T1087: 'Account Discovery',
  'T1087.004': 'Cloud Account',
  T1098: 'Account Manipulation',
  'T1098.001': 'Additional Cloud Credentials',
  'T1098.003': 'Additional Cloud Roles',
  'T1098.004': 'SSH Authorized Keys',
  'T1098.006': 'Additional Container Cluster Roles',
  T1110: 'Brute Force',
  'T1110.001': 'Password Guessing',
  'T1110.003': 'Password Spraying',
  T1113: 'Screen Capture',
  T1114: 'Email Collection',
  'T1114.003': 'Email Forwarding Rule',
  T1119: 'Automated Collection',
  T1133: 'External Remote Services',
  T1136: 'Create Account',
  'T1136.003': 'Cloud Account',
  T1190: 'Exploit Public-Facing Application',
  T1195: 'Supply Chain Compromise',
  'T1195.002': 'Compromise Software Supply Chain',
  T1199: 'Trusted Relationship',
  T1222: 'File and Directory Permissions Modification',
  T1484: 'Domain or Tenant Policy Modification',
  'T1484.002': 'Trust Modification',
  T1485: 'Data Destruction',
  'T1485.001': 'Lifecycle-Triggered Deletion',
  T1486: 'Data Encrypted for Impact',
  T1489: 'Service Stop',
  T1490: 'Inhibit System Recovery',
  T1496: 'Resource Hijacking',
  'T1496.001': 'Compute Hijacking',
  'T1496.004': 'Cloud Service Hijacking',
  T1499: 'Endpoint Denial of Service',
  T1505: 'Server Software Component',
  'T1505.003': 'Web Shell',
  T1525: 'Implant Internal Image',
  T1526: 'Cloud Service Discovery',
  T1530: 'Data from Cloud Storage',
  T1531: 'Account Access Removal',
  T1535: 'Unused/Unsupported Cloud Regions',
  T1537: 'Transfer Data to Cloud Account',
  T1538: 'Cloud Service Dashboard',
  T1543: 'Create or Modify System Process',
  T1546: 'Event Triggered Execution',
  T1548: 'Abuse Elevation Control Mechanism',
  'T1548.005': 'Temporary Elevated Cloud Access',
  T1550: 'Use Alternate Authentication Material',
  'T1550.001': 'Application Access Token',
  T1552: 'Unsecured Credentials',
  'T1552.001': 'Credentials In Files',
  'T1552.005': 'Cloud Instance Metadata API',
  T1555: 'Credentials from Password Stores',
  'T1555.006': 'Cloud Secrets Management Stores',
  T1556: 'Modify Authentication Process',
  'T1556.006': 'Multi-Factor Authentication',
  'T1556.007': 'Hybrid Identity',
  T1557: 'Adversary-in-the-Middle',
  T1562: 'Impair Defenses',
  'T1562.001': 'Disable or Modify Tools',
  'T1562.007': 'Disable or Modify Cloud Firewall',
  'T1562.008': 'Disable or Modify Cloud Logs',
  T1566: 'Phishing',
  T1567: 'Exfiltration Over Web Service',
  'T1567.002': 'Exfiltration to Cloud Storage',
  T1571: 'Non-Standard Port',
  T1572: 'Protocol Tunneling',
  T1578: 'Modify Cloud Compute Infrastructure',
  'T1578.001': 'Create Snapshot',
  'T1578.002': 'Create Cloud Instance',
  'T1578.003': 'Delete Cloud Instance',
  'T1578.005': 'Modify Cloud Compute Configurations',
  T1580: 'Cloud Infrastructure Discovery',
  T1584: 'Compromise Infrastructure',
  'T1584.001': 'Domains',
  'T1584.002': 'DNS Server',
  T1586: 'Compromise Accounts',
  'T1586.002': 'Email Accounts',
  T1588: 'Obtain Capabilities',
  'T1588.004': 'Digital Certificates',
  T1590: 'Gather Victim Network Information',
  'T1590.002': 'DNS',
  T1595: 'Active Scanning',
  'T1595.002': 'Vulnerability Scanning',
  'T1595.003': 'Wordlist Scanning',
  T1606: 'Forge Web Credentials',
  'T1606.002': 'SAML Tokens',
  T1609: 'Container Administration Command',
  T1610: 'Deploy Container',
  T1611: 'Escape to Host',
  T1619: 'Cloud Storage Object Discovery',
  T1648: 'Serverless Execution',
  T1649: 'Steal or Forge Authentication Certificates',
  T1651: 'Cloud Administration Command',
  T1654: 'Log Enumeration',
  T1666: 'Modify Cloud Resource Hierarchy',
};

/**
 * The tactic that a Sigma tag names: `attack.defense-evasion`, in the old spelling `attack.defense_evasion` too.
 * Undefined for any other tag.
 */
export function tacticOf(tag: string): AttackRef | undefined {
  const name = attackName(tag)?.replaceAll('_', '-');
  return name !== undefined && Object.hasOwn(tactics, name) ? tactics[name] : undefined;
}

/**
 * The technique that a Sigma tag names: `attack.t1562.008` is `T1562.008`, "Impair Defenses: Disable or Modify Cloud Logs".
 * Undefined for any other tag and for a technique that the table does not hold.
 */
export function techniqueOf(tag: string): AttackRef | undefined {
  const id = attackName(tag)?.toUpperCase();
  if (id === undefined || !Object.hasOwn(techniques, id)) return undefined;
  const name = techniques[id];
  if (name === undefined) return undefined;
  const [parent = id] = id.split('.');
  return { id, name: parent === id ? name : `${techniques[parent] ?? parent}: ${name}` };
}

/** Every tactic that `tacticOf` knows. */
export const knownTactics: readonly AttackRef[] = Object.values(tactics);

/** Every technique that `techniqueOf` knows, with the names that it gives. */
export const knownTechniques: readonly AttackRef[] = Object.keys(techniques).flatMap(
  (id) => techniqueOf(`attack.${id}`) ?? [],
);

/** What stands behind `attack.`, in lower case; undefined where the tag is of another namespace. */
function attackName(tag: string): string | undefined {
  const folded = tag.toLowerCase();
  return folded.startsWith('attack.') ? folded.slice('attack.'.length) : undefined;
}
