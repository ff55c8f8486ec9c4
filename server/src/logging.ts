import { type Logger } from '@octo/kernel';
import { pino } from 'pino';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevelName = (typeof LOG_LEVELS)[number];

/** The process log: one line of JSON each, for operators. `destination` is a file descriptor; default 2 (stderr). */
export function openLogger(level: LogLevelName, destination = 2): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      redact: {
        paths: ['key', 'apiKey', 'password', 'token', '*.key', '*.apiKey', '*.password', '*.token'],
        censor: '***',
      },
    },
    pino.destination({ dest: destination, sync: true }),
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
