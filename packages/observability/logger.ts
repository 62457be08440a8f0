import pino from 'pino'

/** A structured logger; messages are constant sentences, facts are fields, errors stand under `err`. */
export type Logger = pino.Logger

// Names under which a secret could slip into a log line.
const SECRET_PATHS = ['password', 'secret', 'token', 'cookie', 'authorization', '*.password', '*.secret', '*.token', '*.headers.cookie', '*.headers.authorization']

/** What a logger is made of. */
export interface LoggerOptions {
  /** The program: `edge`, `central`, `broker`, `sim`. */
  readonly program: string
  readonly level?: string
  /** File descriptor; 2 (standard error) by default, so that standard output stays free for results. */
  readonly fd?: number
}

/** Opens the logger of a program: one JSON object per line. */
export function openLogger(options: LoggerOptions): Logger {
  const level = options.level ?? process.env['OREWATCH_LOG'] ?? 'info'
  return pino({ level, base: { program: options.program }, redact: { paths: SECRET_PATHS, censor: '[secret]' } }, pino.destination({ fd: options.fd ?? 2, sync: true }))
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
