import { type OctoApi } from '@octo/api';
import { type ActionPlan, type ScriptPlan, type TaskPlan } from './scenario.ts';

type Run = Parameters<OctoApi['run']>[0];

export const markOf = (task: string, action: number) => `mark of ${task}${action}`;
export const artifactName = (task: string, action: number) => `${task}${action}.txt`;

/** The process of a plan. Scripts and effects write what they did into `witnesses`, outside of everything of octo's. */
export function requestOf({ name, actions }: TaskPlan, witnesses: string): Run {
  return {
    description: name,
    actions: actions.map((plan, n) => {
      const action = n + 1;
      const witness = `${witnesses}/${name}${action}`;
      const properties =
        plan.kind === 'once'
          ? { 'Chaos.File': witness }
          : {
              'Octopus.Action.Script.ScriptBody': script(plan, { name, action, witness, before: actions.slice(0, n) }),
            };
      return { name: `A${action}`, type: plan.kind === 'once' ? 'Chaos.Once' : 'Octopus.Script', properties };
    }),
  };
}

interface At {
  readonly name: string;
  readonly action: number;
  readonly witness: string;
  readonly before: readonly ActionPlan[];
}

function script(plan: ScriptPlan, { name, action, witness, before }: At): string {
  const marks = before.flatMap((b, n) => (b.kind === 'script' && b.setsOutput ? [n + 1] : []));
  return [
    `echo started >> '${witness}'`,
    'echo "fail is [${OCTO_FAIL-}]"',
    ...marks.map((n) => `echo "A${n} left [$(get_octopusvariable 'Octopus.Action[A${n}].Output.Mark')]"`),
    `for n in $(seq 1 ${plan.lines}); do`,
    `  echo "line $n"; if [ $((n % 5)) = 0 ]; then echo "err $n" >&2; fi; sleep ${plan.stepMs / 1000}`,
    'done',
    ...(plan.setsOutput ? [`set_octopusvariable Mark '${markOf(name, action)}'`] : []),
    ...(plan.leavesArtifact
      ? [
          `printf '%s' '${markOf(name, action)}' > left.txt`,
          `new_octopusartifact "$PWD/left.txt" '${artifactName(name, action)}'`,
        ]
      : []),
    'echo last',
    `echo done >> '${witness}'`,
    `exit ${plan.exitCode}`,
  ].join('\n');
}

/** What the marks of earlier actions must read like. */
export function readMarks(task: TaskPlan, action: number): string[] {
  return task.actions
    .slice(0, action - 1)
    .flatMap((b, n) => (b.kind === 'script' && b.setsOutput ? [`A${n + 1} left [${markOf(task.name, n + 1)}]`] : []));
}

/** A plugin with a step whose effect the server itself has, once. */
export const ONCE_PLUGIN = {
  'package.json': JSON.stringify({
    name: 'chaos-once',
    version: '1.0.0',
    type: 'module',
    exports: { '.': './index.js', './package.json': './package.json' },
    octo: { contract: 1 },
  }),
  'index.js': `import { definePlugin, defineStep } from '@octo/kernel';
    import { appendFileSync } from 'node:fs';
    const step = defineStep({
      type: 'Chaos.Once',
      properties: { '~standard': { version: 1, vendor: 'chaos', validate: (value) => ({ value }) } },
      async run({ properties, once, log }) {
        const { sum } = await once('effect', async () => {
          appendFileSync(properties['Chaos.File'], 'started\\ndone\\n');
          return { sum: 42 };
        });
        log.write('info', 'the sum is ' + sum);
      },
    });
    export default definePlugin({ name: 'chaos-once', contract: 1, steps: [step] });`,
};
