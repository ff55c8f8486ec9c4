// A real OpenSSH server for tests and benches.
export { makeKey, SSHD, SshServer, type SshServerOptions } from './ssh/ssh-server.ts';
