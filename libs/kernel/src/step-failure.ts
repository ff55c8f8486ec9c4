import { StepFailedError } from './errors.ts';
import { type ScriptResult } from './worker.ts';

/**
 * The failure that a result is, or nothing: for steps that want `throw` where a script or tool did not succeed. What is
 * not known is never called failed or done. A tool's own code stays its code.
 *
 * @param what What ran, for people; default `the script`.
 */
export function stepFailure(
  { end, exitCode, message, detail, failure }: ScriptResult,
  workerName: string,
  what = 'the script',
): StepFailedError | undefined {
  const told = detail === undefined ? '' : `: ${detail}`;
  const look = { hint: `look at ${workerName} before you run it again` };
  switch (end) {
    case 'unknown':
      return new StepFailedError(
        'OCTO_STEP_UNKNOWN',
        `the result of ${what} on ${workerName} is not known; it may have run${told}`,
        look,
      );
    case 'abandoned':
      return new StepFailedError(
        'OCTO_STEP_UNKNOWN',
        `${what} on ${workerName} was asked to stop and its end was not seen; it may have run and may still run${told}`,
        look,
      );
    case 'unstarted':
      return new StepFailedError(
        'OCTO_STEP_NOT_STARTED',
        `${what} was not started on ${workerName} (${exitCode})${told}`,
      );
    case 'stopped':
      return new StepFailedError('OCTO_STEP_STOPPED', `${what} on ${workerName} was stopped${told}`);
    case 'exited':
      break;
  }
  if (exitCode === 0) return undefined;
  if (failure) {
    const { code, hint } = failure;
    const known = /^OCTO_[A-Z0-9_]+$/.test(code) ? (code as `OCTO_${string}`) : 'OCTO_TOOL_FAILED'; // just checked
    const text = known === code ? failure.message : `${code}: ${failure.message}`;
    return new StepFailedError(known, text, hint === undefined ? {} : { hint });
  }
  return new StepFailedError('OCTO_STEP_EXIT', message ?? `${what} exited with ${exitCode} on ${workerName}`);
}
