import { influxErrors } from './errors.ts'

/** How to reach a server. */
export interface InfluxEndpoint {
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly password?: string
  readonly timeoutMs: number
}

/** One series of an answer. */
export interface Series {
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

interface QueryAnswer {
  readonly error?: string
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[]
}

/** Sends one body of lines. Resolves on 204 alone; else rejects with an INFLUXDB_* error. */
export async function postLines(endpoint: InfluxEndpoint, body: Uint8Array<ArrayBuffer>, encoding: 'gzip' | 'identity'): Promise<void> {
  const path = `/write?db=${encodeURIComponent(endpoint.database)}&precision=ms`
  const response = await send(endpoint, path, body, encoding === 'gzip' ? { 'content-encoding': 'gzip' } : {})
  if (response.status === 204) return
  throw writeError(response.status, response.text)
}

/** Runs statements; values that came from outside belong into `parameters`, never into the text. One list of series per statement. */
export async function query(endpoint: InfluxEndpoint, statements: string, parameters: Readonly<Record<string, string | number>> = {}): Promise<readonly (readonly Series[])[]> {
  const form = new URLSearchParams({ db: endpoint.database, epoch: 'ms', q: statements, params: JSON.stringify(parameters) })
  const { status, text } = await send(endpoint, '/query', form, {})
  if (status === 401 || status === 403) throw influxErrors.ACCESS_DENIED({ url: endpoint.url, status })
  if (status >= 500) throw influxErrors.OVERLOADED({ status, answer: shorten(text) })
  const answer = parse(text)
  const failed = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error
  if (failed !== undefined) throw influxErrors.QUERY_FAILED({ status, answer: shorten(failed) })
  return (answer.results ?? []).map((result) => result.series ?? [])
}

async function send(endpoint: InfluxEndpoint, path: string, body: Uint8Array<ArrayBuffer> | URLSearchParams, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const authorization = endpoint.username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${endpoint.username}:${endpoint.password ?? ''}`).toString('base64')}` }
  try {
    const response = await fetch(endpoint.url + path, { method: 'POST', body, headers: { ...headers, ...authorization }, signal: AbortSignal.timeout(endpoint.timeoutMs) })
    // The body is always read to its end, or the connection cannot be used again.
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    throw influxErrors.UNREACHABLE({ url: endpoint.url, reason: reasonOf(cause) }, cause)
  }
}

function writeError(status: number, text: string): Error {
  const answer = shorten(parse(text).error ?? text)
  if (status === 401 || status === 403) return influxErrors.ACCESS_DENIED({ status })
  if (status === 404) return influxErrors.DATABASE_MISSING({ answer })
  if (status >= 400 && status < 500 && status !== 429) return influxErrors.PARTIAL_WRITE({ status, answer })
  return influxErrors.OVERLOADED({ status, answer })
}

function parse(text: string): QueryAnswer {
  try {
    return JSON.parse(text) as QueryAnswer
  } catch {
    return { error: text === '' ? 'an empty answer' : text }
  }
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const inner = cause.cause
  return inner instanceof Error && 'code' in inner ? String(inner.code) : cause.message
}
