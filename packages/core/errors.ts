/** When it makes sense to try a failed operation again. */
export type RetryClass = 'soon' | 'later' | 'never'

/** A failure of the world outside: it has a stable code, a retry class and the facts of the case. */
export class CodedError extends Error {
  readonly code: string
  readonly retry: RetryClass
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, retry: RetryClass, message: string, details: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(describe(message, details), cause === undefined ? undefined : { cause })
    this.name = code
    this.code = code
    this.retry = retry
    this.details = details
  }
}

/** What one error code means; the message is a constant sentence, the facts go into the details. */
export interface ErrorDefinition {
  readonly retry: RetryClass
  readonly message: string
}

/** Makes one error of a defined code. */
export type ErrorFactory = (details?: Readonly<Record<string, unknown>>, cause?: unknown) => CodedError

/** The error codes of one area: `defineErrors('MODBUS', { TIMEOUT: … }).TIMEOUT()` makes `MODBUS_TIMEOUT`. */
export function defineErrors<K extends string>(area: string, definitions: Readonly<Record<K, ErrorDefinition>>): Readonly<Record<K, ErrorFactory>> {
  const factories = {} as Record<K, ErrorFactory>
  for (const key of Object.keys(definitions) as K[]) {
    const { retry, message } = definitions[key]
    factories[key] = (details = {}, cause) => new CodedError(`${area}_${key}`, retry, message, details, cause)
  }
  return factories
}

/** The operator must act: a file or a setting is wrong. Says where and what would be right. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Throws when a condition that only our own mistake can break is broken. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new TypeError(`BUG: ${message}`)
}

/** The code of a coded error, or a short name of anything else that was thrown. */
export function errorCode(err: unknown): string {
  if (err instanceof CodedError) return err.code
  if (err instanceof Error && 'code' in err && typeof err.code === 'string') return err.code
  return err instanceof Error ? err.name : 'UNKNOWN'
}

function describe(message: string, details: Readonly<Record<string, unknown>>): string {
  const facts = Object.entries(details).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return facts.length === 0 ? message : `${message} (${facts.join(', ')})`
}
