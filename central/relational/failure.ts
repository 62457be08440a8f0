import { CodedError, ConfigError } from '@orewatch/core'
import { DrizzleQueryError } from 'drizzle-orm'
import { relationalErrors } from './errors.ts'

// SQLSTATE classes that the same statement will meet again: bad data, broken constraint, missing feature, our own mistake.
const HOPELESS = /^(0A|21|22|23|42)/

/**
 * The coded form of what a query rejected with: RELATIONAL_UNAVAILABLE (try again) or RELATIONAL_REFUSED (never), with
 * PostgreSQL's words and without the parameters, which may be secret. Errors that are not of the database pass as they are.
 */
export function translateFailure(err: unknown): Error {
  // A wrong setting and our own mistakes are none of the database's.
  if (err instanceof CodedError || err instanceof ConfigError || err instanceof TypeError) return err
  // Drizzle wraps; its own message repeats statement and parameters.
  const cause = err instanceof DrizzleQueryError && err.cause !== undefined ? err.cause : err
  const { code, message, constraint } = cause as { code?: unknown; message?: unknown; constraint?: unknown }
  const details = { ...(typeof code === 'string' && { code }), said: String(message).slice(0, 500), ...(typeof constraint === 'string' && { constraint }) }
  return typeof code === 'string' && HOPELESS.test(code) ? relationalErrors.REFUSED(details, cause) : relationalErrors.UNAVAILABLE(details, cause)
}

/** An object whose asynchronous methods reject with coded errors only. */
export function withCodedErrors<T extends object>(methods: T): T {
  const wrapped = Object.entries(methods).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method]
    return [name, (...args: unknown[]) => translated(() => (method as (...args: unknown[]) => unknown)(...args))]
  })
  return Object.fromEntries(wrapped) as T
}

/** Runs work that asks the database; its failures come out coded. */
export async function translated<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (err) {
    throw translateFailure(err)
  }
}
