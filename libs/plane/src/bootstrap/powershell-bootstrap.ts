/**
 * The helper functions of calamari.md 1b (PowerShell), and what runs the user's script. Written from the spec and not
 * run: no PowerShell could be installed where this was made. Windows PowerShell 5.1 and pwsh 7 are meant to read it.
 */
export const POWERSHELL_BOOTSTRAP = String.raw`
param([string] $OctoFile)
$ErrorActionPreference = 'Stop'
if ($PSVersionTable.PSVersion.Major -ge 7) { $PSNativeCommandArgumentPassing = 'Legacy' }

function Convert-OctoText([string] $Encoded) { [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Encoded)) }

$OctoHanded = [IO.File]::ReadAllText((Join-Path (Get-Location) $OctoFile)) | ConvertFrom-Json
[IO.File]::WriteAllText((Join-Path (Get-Location) $OctoFile), '')

$OctopusParameters = New-Object 'System.Collections.Generic.Dictionary[String,String]' ([StringComparer]::OrdinalIgnoreCase)
foreach ($OctoPair in $OctoHanded.variables) { $OctopusParameters[(Convert-OctoText $OctoPair[0])] = Convert-OctoText $OctoPair[1] }
foreach ($OctoName in @($OctopusParameters.Keys)) {
  if ($OctoName.Contains('[')) { continue }
  foreach ($OctoShort in @(($OctoName -replace '[^A-Za-z0-9_]', ''), ($OctoName -replace '[^A-Za-z0-9]', '')) | Select-Object -Unique) {
    if ($OctoShort -and -not (Test-Path "variable:$OctoShort")) { Set-Variable -Name $OctoShort -Value $OctopusParameters[$OctoName] -Scope Global }
  }
}
Set-Variable -Name OctopusParameters -Value $OctopusParameters -Scope Global

function Convert-ServiceMessageValue([string] $value) { [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($value)) }
function Convert-ToServiceMessageParameter([string] $name, [string] $value) { "$name='$(Convert-ServiceMessageValue $value)'" }
function Write-OctoMessage([string] $name, [object[]] $pairs) {
  $parts = @($name)
  for ($at = 0; $at -lt $pairs.Length; $at += 2) { $parts += Convert-ToServiceMessageParameter $pairs[$at] $pairs[$at + 1] }
  [Console]::WriteLine('##octopus[' + ($parts -join ' ') + ']')
}
function Write-OctoInMode([string] $mode, [string] $text) {
  [Console]::WriteLine("##octopus[stdout-$mode]")
  [Console]::WriteLine($text)
  [Console]::WriteLine('##octopus[stdout-default]')
}

function Set-OctopusVariable([string] $name, [string] $value, [switch] $sensitive) {
  $pairs = @('name', $name, 'value', $value)
  if ($sensitive) { $pairs += @('sensitive', 'True') }
  Write-OctoMessage 'setVariable' $pairs
  $OctopusParameters[$name] = $value
}
function New-OctopusArtifact {
  param(
    [Parameter(Mandatory = $true, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)] [Alias('fullname', 'path')] [string] $fileName,
    [string] $name = ''
  )
  process {
    $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($fileName)
    if (-not $name) { $name = [IO.Path]::GetFileName($full) }
    $length = 0
    if (Test-Path -LiteralPath $full -PathType Leaf) { $length = (Get-Item -LiteralPath $full).Length }
    else { Write-Verbose "There is no file $full yet; it is collected after the step" }
    [Console]::WriteLine("Collecting $name as an artifact...")
    Write-OctoMessage 'createArtifact' @('path', $full, 'name', $name, 'length', "$length")
    $name = ''
  }
}
function Fail-Step([string] $message) {
  if ($message) { Write-OctoMessage 'resultMessage' @('message', $message) }
  exit -1
}
function Update-Progress([int] $percentage, [string] $message = '') { Write-OctoMessage 'progress' @('percentage', "$percentage", 'message', $message) }

function Write-Verbose { param([Parameter(ValueFromPipeline = $true)] [string] $Message) process { Write-OctoInMode 'verbose' $Message } }
function Write-Debug { param([Parameter(ValueFromPipeline = $true)] [string] $Message) process { Write-OctoInMode 'verbose' $Message } }
function Write-Highlight { param([Parameter(ValueFromPipeline = $true)] [string] $Message) process { Write-OctoInMode 'highlight' $Message } }
function Write-Wait { param([Parameter(ValueFromPipeline = $true)] [string] $Message) process { Write-OctoInMode 'wait' $Message } }
function Write-Warning {
  [CmdletBinding()] param([Parameter(ValueFromPipeline = $true)] [string] $Message)
  process { if ($WarningPreference -ne 'SilentlyContinue') { Write-OctoInMode 'warning' $Message } }
}

function Set-EnvironmentState([string] $key, [string] $value, [switch] $sensitive, [string] $type = 'State') {
  $pairs = @('key', $key, 'value', $value)
  if ($sensitive) { $pairs += @('sensitive', 'True') }
  Write-OctoMessage 'set-environmentstate' ($pairs + @('type', $type))
}
function Set-EnvironmentUrl([string] $key, [string] $url) { Set-EnvironmentState -key $key -value $url -type 'Url' }
function New-OctopusTarget {
  param([string] $Name, [string] $TargetId, [string] $Inputs, [string] $Roles, [string] $WorkerPoolIdOrName = '', [switch] $UpdateIfExisting)
  $update = if ($UpdateIfExisting) { 'True' } else { '' }
  Write-OctoMessage 'createStepPackageTarget' @('name', $Name, 'targetId', $TargetId, 'inputs', $Inputs, 'octopusRoles', $Roles, 'octopusDefaultWorkerPoolIdOrName', $WorkerPoolIdOrName, 'updateIfExisting', $update)
}
function Remove-OctopusTarget([string] $targetIdOrName) { Write-OctoMessage 'delete-target' @('machine', $targetIdOrName) }
function Report-KubernetesManifest {
  param([Parameter(Mandatory = $true, ValueFromPipeline = $true)] [string] $manifest, [string] $namespace = '')
  process {
    foreach ($document in ($manifest -split '(?m)^---\s*$')) {
      if (-not $document.Trim()) { continue }
      $pairs = @('manifest', $document)
      if ($namespace) { $pairs += @('ns', $namespace) }
      Write-OctoMessage 'k8s-manifest-applied' $pairs
    }
  }
}
function Report-KubernetesManifestFile {
  param([Parameter(Mandatory = $true, ValueFromPipeline = $true)] [string] $path, [string] $namespace = '')
  process {
    if (Test-Path -LiteralPath $path -PathType Leaf) { Report-KubernetesManifest -manifest ([IO.File]::ReadAllText((Resolve-Path -LiteralPath $path))) -namespace $namespace }
    else { Write-Verbose "There is no manifest file $path" }
  }
}
function Execute-WithRetry([scriptblock] $command, [int] $maxFailures = 3, [int] $sleepBetweenFailures = 1) {
  for ($failures = 0; ; ) {
    try { return & $command }
    catch {
      $failures++
      if ($failures -ge $maxFailures) { throw }
      Write-Warning ("Failure $failures of $maxFailures" + ": $_")
      Start-Sleep -Seconds $sleepBetweenFailures
    }
  }
}
function ConvertTo-QuotedString([string] $text) { '"' + $text + '"' }
function ConvertTo-PowershellEscapedArgument([string] $text) { "'" + $text.Replace("'", "''") + "'" }
function ConvertTo-ConsoleEscapedArgument([string] $text) { '"' + ($text -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"' }
function Import-ScriptModule([string] $path) { Import-Module -Name $path -DisableNameChecking -Global -Force }
function Log-EnvironmentInformation {
  if ("$($OctopusParameters['Octopus.Action.Script.SuppressEnvironmentLogging'])" -eq 'True') { return }
  Write-Verbose "PowerShell $($PSVersionTable.PSVersion), folder $(Get-Location)"
}

Log-EnvironmentInformation
foreach ($OctoModule in $OctoHanded.modules) { Import-ScriptModule (Join-Path (Get-Location) (Convert-OctoText $OctoModule)) }
$OctoInvocation = Convert-OctoText $OctoHanded.invocation
Remove-Variable OctoHanded, OctoFile
Invoke-Expression $OctoInvocation
`.trimStart();
