import { type LogLevel, type Script, type ScriptResult, type StepContext } from '@octo/kernel';

/** A step context on a worker that answers every script with `answer`. What the step did is in `scripts`, `lines`, `outputs`. */
export function fakeStepContext<P>(
  properties: P,
  answer: Partial<ScriptResult> = {},
): StepContext<P> & { scripts: Script[]; lines: string[]; outputs: Map<string, string> } {
  const scripts: Script[] = [];
  const lines: string[] = [];
  const outputs = new Map<string, string>();
  const result: ScriptResult = { exitCode: 0, end: 'exited', outputs: new Map(), hasErrors: false, ...answer };
  return {
    properties,
    files: [],
    scripts,
    lines,
    outputs,
    worker: {
      id: 'Workers-1',
      name: 'fake',
      run: async (script) => (scripts.push(script), result),
      use: async () => result,
      upload: async (path) => ({ path }),
      download: async () => undefined,
    },
    log: {
      write: (level: LogLevel, text: string) => void lines.push(`${level} ${text}`),
      progress: (percentage, message) => void lines.push(`progress ${percentage} ${message}`),
    },
    signal: AbortSignal.timeout(5_000),
    variables: { get: () => undefined },
    output: (key, value) => void outputs.set(key, value),
    once: (_key, act) => act(),
  };
}
