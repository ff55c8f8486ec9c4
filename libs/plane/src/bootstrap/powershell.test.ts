import { type Script } from '@octo/kernel';
import { runLaunch } from '@octo/testkit';
import { type Variable, VariableSet } from '@octo/variables';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { makeLaunch } from './launch.ts';

// No PowerShell can be installed here: these look at what would be sent, and nothing of it was run.

async function composed(script: Partial<Script>, variables: readonly Variable[] = []) {
  const launch = makeLaunch({
    script: { syntax: 'PowerShell', body: 'Write-Host hi', ...script },
    variables: new VariableSet(variables),
    taskId: 'ServerTasks-1',
    isolation: { exclusive: false, mutex: 'RunningScript' },
    fence: 1,
  });
  const files = await Promise.all(
    (launch.files ?? []).map(
      async (f) => [f.name, (await buffer(f.content.open())).toString(), f.secret === true] as const,
    ),
  );
  return { launch, files, secret: files.find(([, , isSecret]) => isSecret)! };
}
const plain = (encoded: string) => Buffer.from(encoded, 'base64').toString();

test('variables, invocation and modules come as base64 in one secret file, whatever signs they hold (text only)', async () => {
  const value = `it's "x" \`$(id)\` #{Name}\n; } '' ”“‘’ 漢字`;
  const { secret, files } = await composed({ parameters: `-Path "C:\\a b" -Name 'it''s' #{Name}` }, [
    { name: 'Quote', value, sensitive: true },
    { name: 'Name', value: 'Ada' },
    { name: 'Octopus.Script.Module[My lib]', value: 'function Get-X { 1 }' },
  ]);
  const handed = JSON.parse(secret[1]) as { variables: [string, string][]; invocation: string; modules: string[] };
  expect(handed.variables.map(([name, it]) => [plain(name), plain(it)])).toEqual([
    ['Quote', value.replace('#{Name}', 'Ada')],
    ['Name', 'Ada'],
  ]);
  expect(plain(handed.invocation)).toBe(`. './Script.ps1' -Path "C:\\a b" -Name 'it''s' Ada`);
  expect(handed.modules.map(plain)).toEqual(['Library_Mylib.psm1']);
  expect(files.map(([name]) => name)).toEqual(['Script.ps1', 'octo-bootstrap.ps1', 'Library_Mylib.psm1', secret[0]]);
  for (const [name, content] of files.slice(0, 3)) expect(`${name} ${content.charCodeAt(0)}`).toBe(`${name} 65279`);
  for (const [, content] of files.slice(0, 3)) expect(content).not.toContain('漢字');
});

test.each([
  [undefined, false],
  ['True', true],
  ['False', false],
])('ExecuteWithoutProfile %s leaves the profile out: %s (calamari.md 1b; text only)', async (value, isOut) => {
  const name = 'Octopus.Action.PowerShell.ExecuteWithoutProfile';
  const { launch } = await composed({}, value === undefined ? [] : [{ name, value }]);
  expect(launch.body.bash?.includes('-NoProfile')).toBe(isOut);
  expect(launch.body.bash).toContain('-NoLogo -NonInteractive -ExecutionPolicy Unrestricted');
  expect(launch.body.powershell).toMatch(/octo-bootstrap\.ps1.*exit \$LastExitCode/);
});

test('where there is no pwsh one sentence says so', async () => {
  const { launch } = await composed({});
  const { exitCode, stderr } = await runLaunch({ ...launch, body: { bash: `PATH=/nowhere\n${launch.body.bash}` } });
  expect(exitCode).toBe(127);
  expect(stderr).toContain('octo: there is no pwsh on the PATH of this machine');
});

test('all functions of the table are there, and quotes and braces are paired (calamari.md 1b; text only)', async () => {
  const { files } = await composed({});
  const bootstrap = files.find(([name]) => name === 'octo-bootstrap.ps1')![1];
  const wanted =
    'Set-OctopusVariable New-OctopusArtifact Fail-Step Update-Progress Write-Verbose Write-Highlight Write-Wait Write-Warning Write-Debug Set-EnvironmentState Set-EnvironmentUrl New-OctopusTarget Remove-OctopusTarget Report-KubernetesManifest Report-KubernetesManifestFile Convert-ServiceMessageValue Convert-ToServiceMessageParameter Execute-WithRetry Import-ScriptModule ConvertTo-QuotedString ConvertTo-ConsoleEscapedArgument ConvertTo-PowershellEscapedArgument Log-EnvironmentInformation';
  const defined = new Set([...bootstrap.matchAll(/^function ([\w-]+)/gm)].map(([, name]) => name));
  expect(wanted.split(' ').filter((name) => !defined.has(name))).toEqual([]);
  const count = (sign: string) => bootstrap.split(sign).length - 1;
  expect(count('{')).toBe(count('}'));
  expect(count('(')).toBe(count(')'));
});
