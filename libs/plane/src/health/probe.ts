/** What a look at a machine has found, beside what its machine side says of itself (I7). */
export interface Probed {
  readonly os?: string;
  readonly osVersion?: string;
  readonly architecture?: string;
  readonly shellVersion?: string;
  readonly cpus?: number;
  readonly memoryBytes?: number;
  readonly freeDiskBytes?: number;
  /** Version by name of the program: `git` → `2.39.5`; `?` where it is there and tells none. Absent: not looked for. */
  readonly tools?: Readonly<Record<string, string>>;
  /** When they were looked for. */
  readonly toolsAtMs?: number;
}

/** Name, and how it is asked for its version. A program that asks its network for it has no place here. */
const TOOLS: Readonly<Record<string, string>> = {
  aws: '--version',
  az: 'version --output tsv --query \'"azure-cli"\'',
  curl: '--version',
  docker: '--version',
  dotnet: '--version',
  flyway: '-v',
  git: '--version',
  helm: 'version --short',
  java: '-XX:-UsePerfData -version', // else it leaves a folder in /tmp
  kubectl: 'version --client',
  mysql: '--version',
  node: '--version',
  openssl: 'version',
  podman: '--version',
  psql: '--version',
  pwsh: '--version',
  python3: '--version',
  sqlcmd: '-?',
  tar: '--version',
  terraform: 'version',
  unzip: '-v',
};
/** A program that takes longer tells no version. Those that are there are asked side by side. */
const TOOL_S = 5;
const MARK = '##octo-found';

/** Some of them take a second to say who they are: they are asked once a day, and sooner when a person wants to know. */
const TOOLS_EVERY_MS = 24 * 3_600_000;
const TOOLS_ASKED_MS = 600_000;

export function wantsTools(last: Probed | undefined, nowMs: number, isManual: boolean): boolean {
  const ageMs = nowMs - (last?.toolsAtMs ?? 0);
  return ageMs >= (isManual ? TOOLS_ASKED_MS : TOOLS_EVERY_MS);
}

/** Tools that are asked for their version call home, look for a newer one, or begin a folder of settings: these do not. */
const QUIET: Readonly<Record<string, string>> = {
  AZURE_CONFIG_DIR: '$PWD',
  AZURE_CORE_COLLECT_TELEMETRY: 'false',
  CHECKPOINT_DISABLE: '1', // terraform
  DOTNET_CLI_HOME: '$PWD',
  DOTNET_CLI_TELEMETRY_OPTOUT: '1',
  DOTNET_NOLOGO: '1',
  POWERSHELL_TELEMETRY_OPTOUT: '1',
  POWERSHELL_UPDATECHECK: 'Off',
};

/** For bash: a line for each fact. It changes nothing, and what it cannot find out it leaves out. */
const BASH_PROBE = String.raw`
__octo_found() { if [ -n "$2" ]; then printf '${MARK} %s %s\n' "$1" "$2"; fi; }
__octo_probe() {
  local name='' version='' line key limit=''
  if [ -r /etc/os-release ]; then
    while IFS='=' read -r key line; do
      line="@{line%\"}" line="@{line#\"}"
      case "$key" in NAME) name="$line" ;; VERSION_ID) version="$line" ;; esac
    done < /etc/os-release
  elif command -v sw_vers > /dev/null; then name=macOS version="$(sw_vers -productVersion)"; fi
  __octo_found os "@{name:-$(uname -s)}"
  __octo_found osVersion "@{version:-$(uname -r)}"
  __octo_found architecture "$(uname -m)"
  __octo_found shellVersion "@{BASH_VERSION%%(*}"
  __octo_found cpus "$(getconf _NPROCESSORS_ONLN 2> /dev/null)"
  if [ -r /proc/meminfo ]; then
    while read -r key line _; do if [ "$key" = MemTotal: ]; then __octo_found memoryBytes "$((line * 1024))"; fi; done < /proc/meminfo
  fi
  line="$(df -Pk . 2> /dev/null | tail -n 1 | awk '{ print $4 }')"
  if [ -n "$line" ]; then __octo_found freeDiskBytes "$((line * 1024))"; fi
  if [ "$1" != tools ]; then return 0; fi
${Object.entries(QUIET)
  .map(([name, value]) => `  export ${name}="${value}"`)
  .join('\n')}
  if command -v timeout > /dev/null; then limit="timeout ${TOOL_S}"; fi
${Object.entries(TOOLS)
  .map(([tool, how]) => `  __octo_tool ${tool} "$limit" ${how} &`)
  .join('\n')}
  wait
}
__octo_tool() {
  local tool="$1" limit="$2" said
  shift 2
  command -v "$tool" > /dev/null || return 0
  said="$($limit "$tool" "$@" 2>&1 < /dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1)"
  __octo_found "tool.$tool" "@{said:-?}"
}
`.replaceAll('@{', '${');

export function bashProbe(isWithTools: boolean): string {
  return `${BASH_PROBE}( __octo_probe ${isWithTools ? 'tools' : 'plain'} ) 2> /dev/null\n`;
}

/** The same for PowerShell, written from the documentation alone. */
export function powershellProbe(isWithTools: boolean): string {
  return isWithTools ? POWERSHELL_PROBE + POWERSHELL_TOOLS : POWERSHELL_PROBE;
}
const POWERSHELL_PROBE = `
function Write-OctoFound($name, $value) { if ($null -ne $value -and "$value" -ne '') { Write-Host "${MARK} $name $value" } }
Write-OctoFound os ([System.Runtime.InteropServices.RuntimeInformation]::OSDescription)
Write-OctoFound osVersion ([System.Environment]::OSVersion.Version)
Write-OctoFound architecture ([System.Runtime.InteropServices.RuntimeInformation]::OSArchitecture)
Write-OctoFound shellVersion ($PSVersionTable.PSVersion)
Write-OctoFound cpus ([System.Environment]::ProcessorCount)
Write-OctoFound freeDiskBytes ((Get-Item -LiteralPath (Get-Location)).PSDrive.Free)
`;
const POWERSHELL_TOOLS = `
foreach ($tool in '${Object.keys(TOOLS).join("', '")}') {
  $found = Get-Command $tool -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  if ($found) { Write-OctoFound "tool.$tool" $(if ($found.Version -and "$($found.Version)" -ne '0.0.0.0') { $found.Version } else { '?' }) }
}
`;

/** The fact that a line tells; undefined for any other line. */
export function factIn(text: string): readonly [name: string, value: string] | undefined {
  if (!text.startsWith(`${MARK} `)) return undefined;
  const rest = text.slice(MARK.length + 1);
  const at = rest.indexOf(' ');
  return at < 0
    ? undefined
    : [
        rest.slice(0, at),
        rest
          .slice(at + 1)
          .trim()
          .slice(0, 200),
      ];
}

/** `nowMs`: tools were looked for. */
export function probedFrom(facts: ReadonlyMap<string, string>, nowMs: number | undefined): Probed {
  const number = (name: string) => {
    const value = Number(facts.get(name) ?? Number.NaN);
    return Number.isFinite(value) && { [name]: value };
  };
  const text = (name: string) => facts.get(name) !== undefined && { [name]: facts.get(name) };
  const tools = [...facts].filter(([name]) => name.startsWith('tool.')).map(([name, version]) => [name.slice(5), version] as const); // prettier-ignore
  return {
    ...text('os'),
    ...text('osVersion'),
    ...text('architecture'),
    ...text('shellVersion'),
    ...number('cpus'),
    ...number('memoryBytes'),
    ...number('freeDiskBytes'),
    ...(nowMs !== undefined && {
      tools: Object.fromEntries(tools.sort(([a], [b]) => (a < b ? -1 : 1))),
      toolsAtMs: nowMs,
    }),
  };
}
