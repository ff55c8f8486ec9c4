import { type Launch, type LaunchFile, type Syntax } from '@octo/kernel';
import { type VariableSet } from '@octo/variables';

/** A script as a language's composer gets it: evaluated, but for the parameters' parsing, which is the shell's. */
export interface ScriptParts {
  readonly body: string;
  /** Where the body is laid; default: the language's own name. */
  readonly fileName?: string;
  readonly parameters?: string;
  readonly variables: VariableSet;
  /** A fresh name for a file that is emptied before user code runs. */
  hiddenName(): string;
}
/** What a machine is asked to start for it. */
export interface Composed {
  readonly body: Launch['body'];
  readonly files: readonly LaunchFile[];
}

/** A script module, as the variables `Octopus.Script.Module[<Name>]` hold it (calamari.md 1b). */
export interface ScriptModule {
  /** Letters, digits and `_` only. */
  readonly name: string;
  readonly body: string;
}
const MODULE = /^Octopus\.Script\.Module\[(.*)\]$/i;

/** The modules of one language; without a word about it a module is PowerShell. */
export function modulesOf(variables: VariableSet, language: Syntax): readonly ScriptModule[] {
  return [...variables.entries()].flatMap(({ name }) => {
    const title = MODULE.exec(name)?.[1];
    if (title === undefined) return [];
    const spoken = variables.get(`Octopus.Script.Module.Language[${title}]`) ?? 'PowerShell';
    if (spoken.toLowerCase() !== language.toLowerCase()) return [];
    return [{ name: title.replaceAll(/\W/g, ''), body: variables.get(name) ?? '' }];
  });
}

/** Modules are files and not variables that a script reads. */
export function isModuleVariable(name: string): boolean {
  return /^Octopus\.Script\.Module(\.Language)?\[/i.test(name);
}
