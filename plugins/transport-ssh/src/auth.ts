import { type Account, InputError, type Secret } from '@octo/kernel';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2'; // CommonJS

/** How to sign in, in the order in which it is tried. */
export interface SignIn {
  readonly username: string;
  readonly methods: readonly AnyAuthMethod[];
}

/** Octopus knows key pairs and passwords (R139); an ssh-agent of the server's machine is ours. */
export function signInOf(account: Account): SignIn {
  const username = account.fields['Username'] ?? '';
  if (username === '') throw unfit(account, 'has no user name');
  switch (account.type) {
    case 'SshKeyPair':
      return { username, methods: [{ type: 'publickey', username, key: keyOf(account) }] };
    case 'UsernamePassword': {
      const password = revealed(account.secrets['Password']);
      if (password === undefined) throw unfit(account, 'has no password');
      return { username, methods: passwordMethods(username, password) };
    }
    case 'SshAgent':
      return { username, methods: [{ type: 'agent', username, agent: agentOf(account) }] };
    default:
      throw unfit(account, `is of type ${account.type}`);
  }
}

/** Many servers ask for a password in a dialogue of one question, and allow no other way. */
function passwordMethods(username: string, password: string): readonly AnyAuthMethod[] {
  return [
    { type: 'password', username, password },
    {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    },
  ];
}

/** A key file is kept in base64, as Octopus keeps it (rest.md 2.12). */
function keyOf(account: Account): ParsedKey {
  const stored = revealed(account.secrets['PrivateKeyFile']);
  if (stored === undefined) throw unfit(account, 'has no private key');
  const text = stored.includes('PRIVATE KEY') ? stored : Buffer.from(stored, 'base64').toString('utf8');
  const key = ssh2.utils.parseKey(text, revealed(account.secrets['PrivateKeyPassphrase']));
  if (!(key instanceof Error)) return key;
  const isLocked = /passphrase|decrypt|encrypted/i.test(key.message);
  throw new InputError('OCTO_SSH_KEY', `the private key of account ${account.id} cannot be read: ${key.message}`, {
    hint: `octo account edit ${account.id} ${isLocked ? '--passphrase-file' : '--private-key-file'} FILE`,
  });
}

function agentOf(account: Account): string {
  const socket = account.fields['AgentSocket'] ?? process.env['SSH_AUTH_SOCK'];
  if (socket !== undefined && socket !== '') return socket;
  throw new InputError('OCTO_SSH_AGENT', `account ${account.id} signs in by an ssh-agent, and there is none`, {
    hint: `start the server with SSH_AUTH_SOCK, or name the socket: octo account edit ${account.id} --agent-socket PATH`,
  });
}

function revealed(secret: Secret | undefined): string | undefined {
  const text = secret?.reveal();
  return text === '' ? undefined : text;
}

function unfit(account: Account, what: string): InputError {
  return new InputError('OCTO_SSH_ACCOUNT', `account ${account.id} ${what}: nobody can sign in by SSH with it`, {
    hint: 'give the worker an account of type ssh-key, username or ssh-agent',
  });
}
