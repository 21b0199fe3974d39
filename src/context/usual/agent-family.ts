/** Programs that name themselves after or beside the SDK that they are made with; the first that is found is the family. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bterraform[/ ]/i, 'Terraform'],
  [/\bopentofu[/ ]/i, 'OpenTofu'],
  [/\bpulumi\b/i, 'Pulumi'],
  [/\bcrossplane\b/i, 'Crossplane'],
  [/\baws-cdk\b/i, 'AWS CDK'],
  [/\baws-cli\//i, 'AWS CLI'],
  [/\bboto3\//i, 'Boto3'],
  [/\bbotocore\//i, 'Botocore'],
  [/\baws-sdk-js\//i, 'AWS SDK for JavaScript'],
  [/\baws-sdk-java\//i, 'AWS SDK for Java'],
  [/\baws-sdk-go(?:-v2)?\//i, 'AWS SDK for Go'],
  [/\baws-sdk-ruby[23]?\//i, 'AWS SDK for Ruby'],
  [/\baws-sdk-php\//i, 'AWS SDK for PHP'],
  [/\baws-sdk-dotnet/i, 'AWS SDK for .NET'],
  [/\baws-sdk-rust\//i, 'AWS SDK for Rust'],
  [/\baws-sdk-cpp\//i, 'AWS SDK for C++'],
  [/\baws-?tools.?(?:for.?)?powershell/i, 'AWS Tools for PowerShell'],
  // Browsers: all of them say Mozilla, most say Safari, and Edge and Opera say Chrome too.
  [/\bEdgA?(?:iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\bChrome\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
];

/** The machine, where it is told: the same tool on another system is another machine. Kali comes first, because it is a Linux too. */
const systems: readonly (readonly [RegExp, string])[] = [
  [/kali/i, 'Kali Linux'],
  [/parrot/i, 'Parrot Linux'],
  [/android/i, 'Android'],
  [/iphone|ipad|\bios[/#]/i, 'iOS'],
  [/macintosh|mac os|darwin|macos/i, 'macOS'],
  [/windows/i, 'Windows'],
  [/linux/i, 'Linux'],
];

/** What comes after so many characters is not looked at; agents that are not made to take long are shorter. */
const longest = 512;

/**
 * The program and system behind a user agent, without versions, so that an update is no news: `AWS CLI on macOS`, `Chrome on Windows`.
 * An agent that is not known is called by its first word. Undefined where there is nothing to call it by. The text is as hostile as the log.
 */
export function agentFamily(agent: string): string | undefined {
  const text = agent.slice(0, longest).replace(/^\[/, '');
  const system = systems.find(([pattern]) => pattern.test(text))?.[1];
  const program = programs.find(([pattern]) => pattern.test(text))?.[1] ?? firstWord(text);
  if (program === undefined) return undefined;
  return system === undefined ? program : `${program} on ${system}`;
}

function firstWord(text: string): string | undefined {
  const word = /^[^\s/(),;\]]{1,60}/.exec(text)?.[0].toWellFormed();
  return word === undefined || word === '-' ? undefined : word;
}
