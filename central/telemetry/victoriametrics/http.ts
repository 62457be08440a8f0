import { victoriaErrors } from './errors.ts'
import { type ExportedSeries, MEASUREMENT } from './row-codec.ts'

/** How to reach a server. */
export interface VictoriaEndpoint {
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly timeoutMs: number
}

/** One series of an answer at one moment. */
export interface InstantValue {
  readonly point: number
  readonly value: number
}

/** Sends lines. Resolves on 204, which says that they are in the server's memory and no more. */
export async function postLines(endpoint: VictoriaEndpoint, lines: string): Promise<void> {
  await send(endpoint, '/write?precision=ms', lines)
}

/** Makes the server write everything it holds in memory to its disk, synced: the only request that does is that of a snapshot. */
export async function flushToDisk(endpoint: VictoriaEndpoint): Promise<void> {
  const made = parse(await send(endpoint, '/snapshot/create', '')) as { readonly status?: string; readonly snapshot?: string; readonly msg?: string }
  if (made.status !== 'ok' || made.snapshot === undefined) throw victoriaErrors.NOT_DURABLE({ answer: shorten(made.msg ?? JSON.stringify(made)) })
  await send(endpoint, `/snapshot/delete?snapshot=${encodeURIComponent(made.snapshot)}`, '')
}

/** Makes what is in memory searchable; it does not reach the disk by this. */
export async function flushToSearch(endpoint: VictoriaEndpoint): Promise<void> {
  await send(endpoint, '/internal/force_flush', '')
}

/** Flags that the server was started with, by name. */
export async function readFlags(endpoint: VictoriaEndpoint): Promise<ReadonlyMap<string, string>> {
  const text = await send(endpoint, '/flags', '')
  return new Map([...text.matchAll(/^-(?<name>[\w.]+)="(?<value>.*)"$/gm)].map((match) => [match.groups?.['name'] ?? '', match.groups?.['value'] ?? '']))
}

/** All series of points with fromMs ≤ time ≤ toMs; each series is whole and in the order of time. */
export async function exportSeries(endpoint: VictoriaEndpoint, points: readonly number[], fromMs: number, toMs: number): Promise<ExportedSeries[]> {
  // The server cuts seconds off to milliseconds after a multiplication of doubles, so that a bound may be one short; what is too much is left out here.
  const form = new URLSearchParams({ 'match[]': `{__name__=~"${MEASUREMENT}_[gbqhl]",p=~"${points.join('|')}"}`, start: seconds(Math.max(0, fromMs - 1)), end: seconds(toMs + 1) })
  const text = await send(endpoint, '/api/v1/export', form)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { metric, timestamps, values } = parse(line) as { metric: { __name__: string; p: string }; timestamps: number[]; values: (number | null)[] }
      const from = timestamps.findIndex((timeMs) => timeMs >= fromMs)
      const to = timestamps.findLastIndex((timeMs) => timeMs <= toMs) + 1
      const cut = from < 0 ? { timestamps: [], values: [] } : { timestamps: timestamps.slice(from, to), values: values.slice(from, to) }
      return { field: metric.__name__.slice(MEASUREMENT.length + 1), point: Number(metric.p), ...cut }
    })
}

/** The answer to a MetricsQL expression at one moment, by point; points without an answer are left out. */
export async function queryAt(endpoint: VictoriaEndpoint, expression: string, atMs: number): Promise<InstantValue[]> {
  const answer = parse(await send(endpoint, '/api/v1/query', new URLSearchParams({ query: expression, time: seconds(atMs), nocache: '1' }))) as {
    readonly data?: { readonly result?: readonly { readonly metric: { readonly p?: string }; readonly value: readonly [number, string] }[] }
  }
  return (answer.data?.result ?? []).map(({ metric, value }) => ({ point: Number(metric.p ?? Number.NaN), value: Number(value[1]) }))
}

async function send(endpoint: VictoriaEndpoint, path: string, body: string | URLSearchParams): Promise<string> {
  const { status, text } = await exchange(endpoint, path, body)
  if (status === 401 || status === 403) throw victoriaErrors.ACCESS_DENIED({ url: endpoint.url, status })
  if (status >= 300) throw victoriaErrors.REFUSED({ path: path.split('?')[0], status, answer: shorten(text) })
  return text
}

async function exchange(endpoint: VictoriaEndpoint, path: string, body: string | URLSearchParams): Promise<{ status: number; text: string }> {
  const authorization = endpoint.username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${endpoint.username}:${endpoint.password ?? ''}`).toString('base64')}` }
  try {
    const response = await fetch(endpoint.url + path, { method: 'POST', body, headers: authorization, signal: AbortSignal.timeout(endpoint.timeoutMs) })
    // The body is always read to its end, or the connection cannot be used again.
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    throw victoriaErrors.UNREACHABLE({ url: endpoint.url, reason: reasonOf(cause) }, cause)
  }
}

function seconds(timeMs: number): string {
  return (timeMs / 1_000).toFixed(3)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // An export that breaks off half-way ends in a line of prose.
    throw victoriaErrors.REFUSED({ answer: shorten(text) }, cause)
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
