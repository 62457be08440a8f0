import { type CodedError, errorCode, reasonOf } from '@orewatch/core'
import type {
  Adoption,
  AdoptionResult,
  AlarmAction,
  AlarmCount,
  AlarmDetail,
  AlarmItem,
  AlarmPage,
  AlarmQuery,
  Bucket,
  MineDetail,
  Overview,
  Point,
  QuarantinePage,
  QuarantineSamplePage,
  SamplePage,
  SessionUser,
  SystemStatus,
  Way,
} from './contract.ts'
import { portalErrors, type RefusalDetails } from './errors.ts'
import { serverTime } from './server-time.ts'

// Longer than any query should take at central, shorter than the patience of a duty officer.
const REQUEST_TIMEOUT_MS = 15_000

/** Largest page of alarms that central gives. */
export const MAX_ALARMS = 500

/** Largest page of raw samples that central gives. */
export const MAX_SAMPLES = 10_000

/** Central's HTTP API. Every call has a time limit of 15 s and rejects with a PORTAL_* error. */
export const api = {
  login: (user: string, password: string) => send<{ user: SessionUser }>('POST', '/api/session', { user, password }),
  /** Ends all sessions of the account; log in anew afterwards. */
  changePassword: (oldPassword: string, newPassword: string) => send<unknown>('POST', '/api/session/password', { oldPassword, newPassword }),
  logout: () => send<unknown>('DELETE', '/api/session'),
  session: (signal?: AbortSignal) => read<{ user: SessionUser }>('/api/session', {}, signal),
  overview: (signal?: AbortSignal) => read<Overview>('/api/overview', {}, signal),
  mine: (subjectCode: string, signal?: AbortSignal) => read<MineDetail>(`/api/mines/${encodeURIComponent(subjectCode)}`, {}, signal),
  findPoints: (q: string, limit: number, signal?: AbortSignal) => read<{ items: readonly Point[] }>('/api/points', { q, limit }, signal),
  point: (code: string, signal?: AbortSignal) => read<{ point: Point }>(`/api/points/${encodeURIComponent(code)}`, {}, signal),
  samples: async (code: string, range: TimeRange & { readonly limit: number }, signal?: AbortSignal): Promise<SamplePage> => {
    const query = { from: range.fromMs, to: range.toMs, limit: range.limit }
    // Many rows, so the wire has the stored code of a reason; the portal has names everywhere.
    const page = await read<SamplePage<number>>(`/api/points/${encodeURIComponent(code)}/samples`, query, signal)
    return { ...page, items: page.items.map(([timeMs, value, quality, reason, flags, deltaMs]) => [timeMs, value, quality, reasonOf(reason), flags, deltaMs] as const) }
  },
  aggregate: (code: string, range: TimeRange & { readonly bucketMs: number }, signal?: AbortSignal) =>
    read<{ items: readonly Bucket[] }>(`/api/points/${encodeURIComponent(code)}/aggregate`, { from: range.fromMs, to: range.toMs, bucketMs: range.bucketMs }, signal),
  way: (code: string, signal?: AbortSignal) => read<Way>(`/api/points/${encodeURIComponent(code)}/way`, {}, signal),
  quarantine: (filter: { readonly after?: string; readonly limit: number; readonly reason?: string }, signal?: AbortSignal) => read<QuarantinePage>('/api/quarantine', filter, signal),
  quarantineSamples: (id: number, limit: number, signal?: AbortSignal) => read<QuarantineSamplePage>(`/api/quarantine/${id}/samples`, { limit }, signal),
  adopt: (id: number, adoption: Adoption) => send<AdoptionResult>('POST', `/api/quarantine/${id}/adopt`, adoption),
  status: (signal?: AbortSignal) => read<SystemStatus>('/api/status', {}, signal),
  alarms: (query: AlarmQuery, signal?: AbortSignal) => read<AlarmPage>('/api/alarms', { ...query }, signal),
  alarmCounts: (signal?: AbortSignal) => read<{ items: readonly AlarmCount[] }>('/api/alarms/counts', {}, signal),
  alarm: (id: string, signal?: AbortSignal) => read<AlarmDetail>(`/api/alarms/${encodeURIComponent(id)}`, {}, signal),
  /** Does something to an alarm as it was at `revision`; refused with ALARM_STALE when somebody was faster. */
  actOnAlarm: (id: string, revision: number, { kind, ...content }: AlarmAction) => {
    const path = `/api/alarms/${encodeURIComponent(id)}`
    if (kind === 'acknowledge' || kind === 'explain') return send<AlarmItem>('POST', `${path}/${kind}`, { revision, ...content })
    return send<AlarmItem>('POST', `${path}/silence`, { revision, kind, ...content })
  },
}

/** A range of time, the end excluded. */
export interface TimeRange {
  readonly fromMs: number
  readonly toMs: number
}

type Query = Readonly<Record<string, string | number | undefined>>

function read<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  const suffix = search.size === 0 ? '' : `?${search}`
  return request<T>(path + suffix, signal ? { signal } : {})
}

function send<T>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  if (body === undefined) return request<T>(path, { method })
  return request<T>(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout
  const sentMs = Date.now()
  const response = await reach(path, { ...init, signal, credentials: 'same-origin' })
  serverTime.learn(response.headers.get('date'), sentMs, Date.now())
  if (!response.ok) throw await refusalOf(path, response)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    if (signal.aborted || cause instanceof TypeError) throw portalErrors.UNREACHABLE({ path }, cause)
    throw portalErrors.UNEXPECTED_ANSWER({ path, status: response.status }, cause)
  }
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (cause) {
    // The caller went away: let the query library see its own abort.
    if (errorCode(cause) === 'AbortError') throw cause
    throw portalErrors.UNREACHABLE({ path }, cause)
  }
}

async function refusalOf(path: string, response: Response): Promise<CodedError> {
  const details = { path, ...(await readRefusal(response)) }
  switch (response.status) {
    case 401:
      return portalErrors.UNAUTHENTICATED(details)
    case 403:
      return portalErrors.FORBIDDEN(details)
    case 404:
      return portalErrors.NOT_FOUND(details)
    case 429:
      return details.serverCode?.endsWith('_LOCKED') ? portalErrors.LOCKED(details) : portalErrors.TOO_MANY(details)
    default:
      return response.status >= 500 ? portalErrors.SERVER_FAILED(details) : portalErrors.REFUSED(details)
  }
}

async function readRefusal(response: Response): Promise<RefusalDetails> {
  const body: unknown = await response.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null) return { status: response.status }
  const code = 'code' in body && typeof body.code === 'string' ? { serverCode: body.code } : {}
  const message = 'message' in body && typeof body.message === 'string' ? { serverMessage: body.message } : {}
  const details = 'details' in body && typeof body.details === 'object' && body.details !== null ? body.details : {}
  const until = 'untilMs' in details && typeof details.untilMs === 'number' ? { untilMs: details.untilMs } : {}
  return { status: response.status, ...code, ...message, ...until }
}
