import { type OctoApi, type WorkerStyle } from '@octo/api';
import { type ConnectionFlags } from '../octo-command.ts';

/** What the server says; an older one, or one of somebody else's, does not know this route: then Octopus's own. */
export async function stylesOf(api: OctoApi): Promise<readonly WorkerStyle[]> {
  const { OCTOPUS_STYLES, workerStyles } = await import('@octo/api');
  try {
    return await workerStyles(api, AbortSignal.timeout(60_000));
  } catch (error) {
    if (error instanceof Error && 'kind' in error && error.kind === 'NotFoundError') return OCTOPUS_STYLES;
    throw error;
  }
}

/** Read before the others: the styles, and with them all other flags, come from that connection. */
export function peekConnection(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): ConnectionFlags {
  return {
    server: peek(argv, '--server') ?? env['OCTO_URL'],
    data: peek(argv, '--data') ?? env['OCTO_DATA'],
    space: peek(argv, '--space') ?? env['OCTO_SPACE'],
  };
}
function peek(argv: readonly string[], flag: string): string | undefined {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const at = own.findLastIndex((it) => it === flag || it.startsWith(`${flag}=`));
  if (at === -1) return undefined;
  return own[at]?.includes('=') ? own[at].slice(flag.length + 1) : own[at + 1];
}
