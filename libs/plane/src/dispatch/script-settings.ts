import { InputError, type Isolation, type Script, type ScriptLimits } from '@octo/kernel';
import { type VariableSet } from '@octo/variables';

const MEBI = 1024 * 1024;
/** Octopus's name for the mutex that all scripts of a machine share (R161). */
const DEFAULT_MUTEX = 'RunningScript';

/**
 * On workers scripts share the machine unless this very step says no (R160, R162). `Octo.Script.Isolation` names the
 * level as Tentacle does; mutex and time limit have variables of their own, for a step or for the whole task.
 */
export function isolationOf(variables: VariableSet, asked: Script['isolation'] = {}): Isolation {
  const level = variables.get('Octo.Script.Isolation');
  if (level !== undefined && !/^(no|full)isolation$/i.test(level))
    throw bad('Octo.Script.Isolation', level, 'NoIsolation or FullIsolation');
  const isByVariable =
    level === undefined
      ? variables.get('OctopusBypassDeploymentMutex')?.toLowerCase() === 'false'
      : level.toLowerCase() === 'fullisolation';
  const timeoutMs = asked.timeoutMs ?? positive(variables, 'Octo.Script.IsolationTimeoutSeconds', 1_000);
  return {
    exclusive: asked.exclusive ?? isByVariable,
    mutex: asked.mutex ?? (variables.get('Octo.Script.IsolationMutex')?.trim() || DEFAULT_MUTEX),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** The smaller of two time limits counts: Octopus's, in minutes, and ours (calamari.md 4.7). */
export function limitsOf(variables: VariableSet, actionName: string, asked: ScriptLimits = {}): ScriptLimits {
  const minutes =
    positive(variables, `Octopus.Action[${actionName}].ExecutionTimeout.Minutes`, 60_000) ??
    positive(variables, 'Octopus.Action.ExecutionTimeout.Minutes', 60_000);
  const seconds = positive(variables, 'Octo.Script.TimeLimitSeconds', 1_000);
  const times = [minutes, seconds].filter((it) => it !== undefined);
  const outputBytes = positive(variables, 'Octo.Script.OutputLimitMebibytes', MEBI);
  const diskBytes = positive(variables, 'Octo.Script.DiskLimitMebibytes', MEBI);
  return {
    ...(times.length > 0 && { timeMs: Math.min(...times) }),
    ...(outputBytes !== undefined && { outputBytes }),
    ...(diskBytes !== undefined && { diskBytes }),
    ...asked,
  };
}

/** A number above 0 in that unit; nothing and 0 mean: no such limit. */
function positive(variables: VariableSet, name: string, unit: number): number | undefined {
  const text = variables.get(name)?.trim();
  if (text === undefined || text === '' || Number(text) === 0) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw bad(name, text, 'a number above 0, or 0 for none');
  return Math.round(Number(text) * unit);
}

function bad(name: string, value: string, wanted: string): InputError {
  return new InputError('OCTO_SCRIPT_SETTING', `the variable ${name} is "${value}"`, { hint: `give ${wanted}` });
}
