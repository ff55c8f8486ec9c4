import { InputError } from './errors.ts';

/**
 * Places where a process can be made to die, in the order in which a task passes them: `npm run chaos` does so at each.
 * Every name is placed exactly once in the sources; a test counts both sides.
 */
export const FAILPOINTS = {
  enqueued: 'the task is in the queue; neither its sender nor any node has been told',
  claimed: 'a node holds the task and has not begun',
  leased: 'the action holds its worker',
  'session-open': 'the conversation with the worker is open',
  'run-prepared': 'the ticket is stored and nothing is sent',
  'agent-received': 'the machine side has heard of the start and laid nothing down',
  'agent-prepared': 'the workspace has its name, and no supervisor knows of it',
  'agent-handed-over': 'a supervisor has the ticket; the start is not answered',
  'start-acknowledged': 'the start is answered, and that is not stored',
  'first-page-stored': 'the first lines of a script and the cursor behind them are stored',
  'page-stored': 'a later page is stored',
  'exit-read': 'the end of a script has been read and is not stored',
  'artifact-stored': 'the bytes of an artifact are in place',
  'result-stored': 'what the script left is stored; its workspace is still there',
  completed: 'the machine side has forgotten the ticket, and that is not stored',
  'once-prepared': 'an effect outside the worker is recorded and has not happened',
  'once-acted': 'that effect has happened; its result is not stored',
  'cancel-requested': 'the wish to cancel is stored, and nobody has been told',
  'cancel-sent': 'the machine side was asked to stop the script',
  'task-ending': 'the actions are through; the end of the task is not stored',
  'task-ended': 'the end of the task is stored, and nobody has been told',
} as const;
export type Failpoint = keyof typeof FAILPOINTS;

interface Armed {
  readonly name: string;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  passesLeft: number;
}
const wanted = process.env['OCTO_FAIL'];
const armed = wanted === undefined ? undefined : parseFail(wanted);

/** Passing a named point costs nothing, unless `OCTO_FAIL` names it: then the process ends here and now, as by `kill -9`. */
export function failpoint(name: Failpoint): void {
  if (armed !== undefined) strike(armed, name);
}

/** `claimed:kill`, `page-stored:kill@3` (at the third pass), `claimed:stall` (SIGSTOP, until somebody sends SIGCONT). */
export function parseFail(text: string): Armed {
  const [, name = '', how, pass = '1'] = /^([a-z-]+):(kill|stall)(?:@([1-9]\d{0,8}))?$/.exec(text) ?? [];
  if (!Object.hasOwn(FAILPOINTS, name))
    throw new InputError('OCTO_FAILPOINT', `"${text}" is no failpoint`, {
      hint: `write OCTO_FAIL=claimed:kill or claimed:stall@2, with one of: ${Object.keys(FAILPOINTS).join(', ')}`,
    });
  return { name, signal: how === 'stall' ? 'SIGSTOP' : 'SIGKILL', passesLeft: Number(pass) };
}

function strike(on: Armed, name: Failpoint): void {
  if (on.name === name && --on.passesLeft === 0) process.kill(process.pid, on.signal);
}
