import { type Connection } from './connect.ts';
import { pick } from './pick.ts';

/** The connection, whose calls then go to that space; spaces are only asked for when one is named. */
export async function inNamedSpace(
  connection: Connection,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Connection> {
  if (wanted === undefined || wanted === '') return connection;
  try {
    const spaces = await connection.api.spaces(AbortSignal.any([signal, AbortSignal.timeout(60_000)]));
    const named = spaces.map(({ id, name, slug }) => ({ Id: id, Name: name, Slug: slug }));
    const { api, kind, where } = connection;
    const space = pick(named, wanted, 'space');
    const dispose = () => connection[Symbol.asyncDispose]();
    return { api: api.inSpace(space.Id), kind, where, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}
