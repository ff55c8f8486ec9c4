/** What Ctrl-C means while something runs: the first asks, the second leaves. SIGTERM asks, too. */
export interface Interrupts extends Disposable {
  /** True once somebody has asked to stop. */
  readonly wasAsked: boolean;
}
type Source = Pick<NodeJS.Process, 'on' | 'off'>;

export function onInterrupt(first: () => void, second: () => void, source: Source = process): Interrupts {
  let times = 0;
  const hear = () => {
    times++;
    if (times === 1) first();
    else second();
  };
  source.on('SIGINT', hear);
  source.on('SIGTERM', hear);
  return {
    get wasAsked() {
      return times > 0;
    },
    [Symbol.dispose]() {
      source.off('SIGINT', hear);
      source.off('SIGTERM', hear);
    },
  };
}
