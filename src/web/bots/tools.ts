/**
 * `scanner`: made to attack or to look for holes; nobody else has a use for it. `survey`: looks at the whole internet and says who it is.
 * `library`: HTTP libraries and headless browsers, with which good and bad things are written alike.
 */
export type ToolKind = 'scanner' | 'survey' | 'library';

export interface Tool {
  readonly name: string;
  readonly kind: ToolKind;
  /** What user agents of it have in them, lower case. */
  readonly marks: readonly string[];
  /** Where the tool comes from. */
  readonly source: string;
}

/** Programs that tell their name in the user agent; the first that fits counts. Marks are long enough to stand in no ordinary agent. */
export const tools: readonly Tool[] = [
  scanner('Nikto', 'https://github.com/sullo/nikto', '(nikto/', 'nikto/2'),
  scanner('sqlmap', 'https://sqlmap.org', 'sqlmap/'),
  scanner('Nuclei', 'https://github.com/projectdiscovery/nuclei', 'nuclei - open-source project', 'nuclei/v'),
  scanner('ZGrab', 'https://github.com/zmap/zgrab2', 'zgrab/'),
  scanner('masscan', 'https://github.com/robertdavidgraham/masscan', 'masscan/', 'masscan-ng/'),
  scanner('Nmap', 'https://nmap.org/book/nse.html', 'nmap scripting engine', 'nmap nse'),
  scanner('WPScan', 'https://github.com/wpscanteam/wpscan', 'wpscan v', 'wpscan ('),
  scanner('gobuster', 'https://github.com/OJ/gobuster', 'gobuster/'),
  scanner('DirBuster', 'https://owasp.org/www-project-dirbuster', 'dirbuster-'),
  scanner('feroxbuster', 'https://github.com/epi052/feroxbuster', 'feroxbuster/'),
  scanner('ffuf', 'https://github.com/ffuf/ffuf', 'fuzz faster u fool'),
  scanner('Wfuzz', 'https://github.com/xmendez/wfuzz', 'wfuzz/'),
  scanner('dirsearch', 'https://github.com/maurosoria/dirsearch', 'dirsearch/', 'dirsearch ('),
  scanner('Acunetix', 'https://www.acunetix.com', 'acunetix'),
  scanner('Netsparker', 'https://www.invicti.com', 'netsparker', 'invicti'),
  scanner(
    'Nessus',
    'https://www.tenable.com/products/nessus',
    'nessus soap',
    'nessus::soap',
    '(nessus',
    'nessus/',
  ),
  scanner('OpenVAS', 'https://www.openvas.org', 'openvas'),
  scanner(
    'Burp Suite',
    'https://portswigger.net/burp',
    'burpsuite',
    'burpcollaborator',
    'portswigger.net/cms',
  ),
  scanner('Arachni', 'https://github.com/Arachni/arachni', 'arachni/'),
  scanner('w3af', 'https://github.com/andresriancho/w3af', 'w3af.org', 'w3af.sourceforge'),
  scanner('Skipfish', 'https://code.google.com/archive/p/skipfish', 'sf/2.1', 'skipfish'),
  scanner(
    'Havij',
    'https://www.darknet.org.uk/2010/09/havij-advanced-automated-sql-injection-tool',
    ') havij',
  ),
  scanner('Commix', 'https://github.com/commixproject/commix', 'commix/'),
  scanner('Wapiti', 'https://wapiti-scanner.github.io', 'wapiti/'),
  scanner('WhatWeb', 'https://github.com/urbanadventurer/WhatWeb', 'whatweb/'),
  scanner('JoomScan', 'https://github.com/OWASP/joomscan', 'joomscan'),
  scanner('CMSmap', 'https://github.com/dionach/CMSmap', 'cmsmap'),
  scanner('droopescan', 'https://github.com/SamJoan/droopescan', 'droopescan'),
  scanner('Fimap', 'https://github.com/kurobeats/fimap', 'fimap.googlecode', 'fimap/'),
  scanner('Jaeles', 'https://github.com/jaeles-project/jaeles', 'jaeles/'),
  scanner('httpx', 'https://github.com/projectdiscovery/httpx', 'httpx - open-source project'),
  scanner('Katana', 'https://github.com/projectdiscovery/katana', 'katana - open-source project'),
  scanner(
    'Hydra',
    'https://github.com/vanhauser-thc/thc-hydra',
    'mozilla/5.0 (hydra)',
    'mozilla/4.0 (hydra)',
  ),
  scanner('Patator', 'https://github.com/lanjelot/patator', 'patator/'),
  scanner('BSQLBF', 'https://code.google.com/archive/p/bsqlbf-v2', 'bsqlbf'),
  scanner('sqlninja', 'https://sqlninja.sourceforge.net', 'sqlninja'),
  scanner(
    'Pangolin',
    'https://www.darknet.org.uk/2009/05/pangolin-automatic-sql-injection-tool',
    'pangolin/',
  ),
  scanner('Grendel-Scan', 'https://sourceforge.net/projects/grendel', 'grendel-scan'),
  scanner('Paros', 'https://sourceforge.net/projects/paros', 'paros/3.'),
  scanner('WebInspect', 'https://www.opentext.com/products/fortify-webinspect', 'webinspect'),
  scanner('AppScan', 'https://www.hcl-software.com/appscan', 'appscan'),
  scanner('ZmEu', 'https://isc.sans.edu/diary/8857', 'zmeu'),
  scanner('Morfeus', 'https://isc.sans.edu/diary/7663', 'morfeus'),
  scanner('Muieblackcat', 'https://isc.sans.edu/diary/14047', 'muieblackcat'),
  scanner('Jorgee', 'https://isc.sans.edu/diary/21979', 'jorgee'),
  scanner('LeakIX', 'https://leakix.net', 'l9explore', 'l9tcpid', 'l9scan'),
  scanner('Interactsh', 'https://github.com/projectdiscovery/interactsh', 'interactsh'),
  survey('Censys', 'https://support.censys.io/hc/en-us/articles/360043177092', 'censysinspect/'),
  survey(
    'Cortex Xpanse',
    'https://www.paloaltonetworks.com/cortex/cortex-xpanse',
    'expanse, a palo alto networks company',
    'expanse indexes',
  ),
  survey(
    'Internet Measurement',
    'https://internet-measurement.com',
    'internetmeasurement/',
    'internet-measurement.com',
  ),
  survey('NetSystemsResearch', 'https://www.netsystemsresearch.com', 'netsystemsresearch'),
  survey('Netcraft', 'https://www.netcraft.com', 'netcraftsurveyagent', 'netcraft ssl server survey'),
  survey('ONYPHE', 'https://www.onyphe.io', 'onyphe'),
  survey('BitSight', 'https://www.bitsight.com', 'bitsightbot'),
  library('curl', 'https://curl.se', 'curl/'),
  library('Wget', 'https://www.gnu.org/software/wget', 'wget/'),
  library('Requests', 'https://requests.readthedocs.io', 'python-requests/'),
  library('urllib', 'https://docs.python.org/3/library/urllib.html', 'python-urllib/', 'python-urllib3/'),
  library('HTTPX for Python', 'https://www.python-httpx.org', 'python-httpx/'),
  library('aiohttp', 'https://docs.aiohttp.org', 'aiohttp/'),
  library('Scrapy', 'https://scrapy.org', 'scrapy/'),
  library('Go', 'https://pkg.go.dev/net/http', 'go-http-client/', 'go http package', 'go 1.1 package http'),
  library(
    'Java',
    'https://docs.oracle.com/javase/8/docs/api/java/net/HttpURLConnection.html',
    'java/1.',
    'java-http-client/',
  ),
  library('Apache HttpClient', 'https://hc.apache.org', 'apache-httpclient/', 'jakarta commons-httpclient'),
  library('OkHttp', 'https://square.github.io/okhttp', 'okhttp/'),
  library(
    'libwww-perl',
    'https://metacpan.org/dist/libwww-perl',
    'libwww-perl/',
    'lwp::simple',
    'www-mechanize/',
  ),
  library('Guzzle', 'https://docs.guzzlephp.org', 'guzzlehttp/', 'guzzle/'),
  library('Axios', 'https://axios-http.com', 'axios/'),
  library('node-fetch', 'https://github.com/node-fetch/node-fetch', 'node-fetch'),
  library('undici', 'https://undici.nodejs.org', 'undici'),
  library('Got', 'https://github.com/sindresorhus/got', 'got (https://'),
  library('Faraday', 'https://lostisland.github.io/faraday', 'faraday v'),
  library('rest-client', 'https://github.com/rest-client/rest-client', 'rest-client/'),
  library('RestSharp', 'https://restsharp.dev', 'restsharp/'),
  library('PowerShell', 'https://learn.microsoft.com/powershell', 'windowspowershell/', 'powershell/'),
  library('WinHTTP', 'https://learn.microsoft.com/windows/win32/winhttp', 'winhttp'),
  library('reqwest', 'https://docs.rs/reqwest', 'reqwest/'),
  library('Dart', 'https://api.dart.dev/dart-io', '(dart:io)'),
  library('Postman', 'https://www.postman.com', 'postmanruntime/'),
  library('HTTPie', 'https://httpie.io', 'httpie/'),
  library('Colly', 'https://go-colly.org', 'colly - https://'),
  library('ApacheBench', 'https://httpd.apache.org/docs/current/programs/ab.html', 'apachebench/'),
  library('Siege', 'https://www.joedog.org/siege-home', 'joedog'),
  library('k6', 'https://k6.io', 'k6/0.', 'k6/1.', 'grafana k6/'),
  library('headless Chrome', 'https://developer.chrome.com/docs/chromium/headless', 'headlesschrome/'),
  library('PhantomJS', 'https://phantomjs.org', 'phantomjs/'),
  library('HtmlUnit', 'https://htmlunit.sourceforge.io', 'htmlunit'),
];

function scanner(name: string, source: string, ...marks: string[]): Tool {
  return { name, kind: 'scanner', marks, source };
}

function survey(name: string, source: string, ...marks: string[]): Tool {
  return { name, kind: 'survey', marks, source };
}

function library(name: string, source: string, ...marks: string[]): Tool {
  return { name, kind: 'library', marks, source };
}
