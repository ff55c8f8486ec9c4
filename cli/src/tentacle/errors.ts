/** A failure that the program foresaw: its bare message goes to stderr, and the exit code is 1 (halibut.md 9.1). */
export class KnownFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KnownFailure';
  }
}

/** Those of rest/ are known by their kind. */
export function isKnown(error: unknown): error is Error {
  if (error instanceof KnownFailure) return true;
  return error instanceof Error && 'kind' in error && error.kind === 'KnownFailure';
}

const LINE = '='.repeat(79);
/** Whatever was not foreseen: exit code 100. */
export const UNFORESEEN = 100;

/** What is printed on stderr for a failure, and the exit code. */
export function failureText(error: unknown, logFolder: string): { readonly text: string; readonly exitCode: number } {
  if (isKnown(error)) return { text: error.message, exitCode: 1 };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const hint = (error as { readonly hint?: string }).hint;
  const lines = [
    LINE,
    message,
    ...(hint === undefined ? [] : [`Hint: ${hint}`]),
    '',
    stack ?? message,
    LINE,
    `The exit code is ${UNFORESEEN}: something failed that this command did not foresee.`,
    `The log may say more: ${logFolder}`,
    LINE,
  ];
  return { text: lines.join('\n'), exitCode: UNFORESEEN };
}
