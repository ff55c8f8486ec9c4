import { type OutputLine, type ToolFailure } from '@octo/kernel';
import {
  type Carry,
  type Mask,
  OutputParser,
  type OutputParserState,
  type OutputResult,
  SHORTEST_SECRET,
  type ShownLine,
} from '@octo/variables';
import { type ActivityChange, type Entry, type NewArtifact, type NewLine, type OutputVariable } from '../ports.ts';

export interface OutputAt {
  readonly mask: Mask;
  readonly action: number;
  readonly actionName: string;
  readonly activityId: string;
  /** As a record keeps it; absent for a script that begins. */
  readonly parser?: unknown;
  /** What this action has set before a restart. */
  readonly outputs: readonly OutputVariable[];
}
/** What a cut line keeps back for the mask, by stream. */
type Carries = Partial<Record<ShownLine['source'], Carry>>;
type Kept = OutputParserState & {
  readonly message?: string;
  readonly failure?: ToolFailure;
  readonly carries?: Carries;
};

/** Turns pages of a script's output into what is stored: masked lines, and what the service messages among them say. */
export class Output {
  readonly #at: OutputAt;
  readonly #parser: OutputParser;
  readonly #carries: Carries;
  readonly outputs = new Map<string, string>();
  message: string | undefined;
  /** What a tool threw. */
  failure: ToolFailure | undefined;

  constructor(at: OutputAt) {
    const kept = at.parser as Kept | undefined; // written by state() below
    this.#at = at;
    this.#parser = new OutputParser(kept);
    this.#carries = { ...kept?.carries };
    this.message = kept?.message;
    this.failure = kept?.failure;
    for (const { name, value } of at.outputs) this.outputs.set(name, value);
  }

  get hasErrors(): boolean {
    return this.#parser.hasErrors;
  }
  state(): Kept {
    const carries = { ...this.#carries };
    const { message, failure } = this;
    return {
      ...this.#parser.state(),
      carries,
      ...(message !== undefined && { message }),
      ...(failure && { failure }),
    };
  }

  /** One page. With the last one, what is left of an unfinished message comes out as text. */
  read(lines: readonly OutputLine[], isLast: boolean): Entry {
    const results = this.#parser.read(lines);
    if (isLast) results.push(...this.#parser.end(lines.at(-1)?.atMs ?? 0));
    const page = new PageOfOutput();
    for (const result of results) this.#take(result, page);
    return page;
  }

  #take(result: OutputResult, page: PageOfOutput): void {
    const { mask, activityId, action, actionName } = this.#at;
    switch (result.kind) {
      case 'line': {
        page.lines.push(this.#masked(result));
        return;
      }
      case 'setVariable': {
        const { name, value, sensitive } = result;
        if (sensitive) this.#hide(value, `The sensitive output variable ${name}`, page);
        this.outputs.set(name, value);
        page.outputs.push({ action, actionName, name, value, sensitive });
        return;
      }
      case 'createArtifact':
        page.artifacts.push({ action, name: result.name, path: result.path });
        return;
      case 'progress':
        page.activities.push({
          id: activityId,
          progress: result.percentage,
          progressMessage: mask.apply(result.message),
        });
        return;
      case 'resultMessage':
        this.message = result.message;
        this.failure = result.failure;
        return;
      case 'mask':
        page.masks.push(result.value);
        this.#hide(result.value, 'A value', page);
        return;
    }
  }

  /** A piece of a cut line is masked together with what the piece before it kept back. */
  #masked({ source, category, atMs, text: plain, continues }: ShownLine): NewLine {
    const { text, carry } = this.#at.mask.applyPiece(plain, continues, this.#carries[source]);
    if (carry) this.#carries[source] = carry;
    else delete this.#carries[source];
    return { activityId: this.#at.activityId, category, atMs, text };
  }

  /** From here on it is masked; a value that is too short to be is said to be (R244). */
  #hide(value: string, what: string, page: PageOfOutput): void {
    if (this.#at.mask.add(value) || value === '') return;
    const text = `${what} is shorter than ${SHORTEST_SECRET} characters and is not masked`;
    page.lines.push({ activityId: this.#at.activityId, category: 'Warning', atMs: Date.now(), text });
  }
}

class PageOfOutput implements Entry {
  readonly lines: NewLine[] = [];
  readonly outputs: OutputVariable[] = [];
  readonly artifacts: NewArtifact[] = [];
  readonly activities: ActivityChange[] = [];
  readonly masks: string[] = [];
}
