/*
 * Alarms of the contract double: the part of central that keeps them, lists them by page, and takes what people do with
 * the revision they saw.
 */
import { ALARM_CAUSES, type AlarmAction, type AlarmCount, type AlarmDetail, type AlarmItem, type AlarmLogEntry, type AlarmPage } from '../api/contract.ts'
import { makeAlarm } from './make-alarm.ts'

/** A refusal with the HTTP status and the code that central gives. */
export interface AlarmRefusal {
  readonly status: number
  readonly code: string
}

/** What the double may be asked, as it came: `state`, `mine`, `pointCode`, `level`, `from`, `to`, `after`, `limit`. */
type Asked = URLSearchParams

/** The alarms that the double knows. */
export class DoubleAlarms {
  readonly #alarms = new Map<string, AlarmItem>()
  readonly #logs = new Map<string, AlarmLogEntry[]>()
  #ids = 0

  /** Puts an alarm in, or changes one into its next revision; gives it as the live feed tells it. */
  put(name: string, change: Partial<AlarmItem> = {}, kind = 'raise'): AlarmItem {
    const id = idOf(name)
    const known = this.#alarms.get(id)
    const alarm: AlarmItem = { ...(known ?? makeAlarm(id, { startMs: Date.now(), atMs: Date.now() })), ...change, id, revision: (known?.revision ?? 0) + 1 }
    this.#alarms.set(id, alarm)
    this.#log(alarm, { kind, detail: { teller: 'central' }, ...(alarm.value !== null && { value: alarm.value }), ...(alarm.limit !== null && { limit: alarm.limit }) })
    return alarm
  }

  /** GET /api/alarms. */
  list(asked: Asked): AlarmPage {
    const all = [...this.#alarms.values()].filter((alarm) => isAsked(alarm, asked)).toSorted((a, b) => b.startMs - a.startMs || (a.id < b.id ? 1 : -1))
    const limit = Number(asked.get('limit') ?? 100)
    const after = asked.get('after')
    const first = after === null ? 0 : all.findIndex((alarm) => `${alarm.startMs}.${alarm.id}` === after) + 1
    const items = all.slice(first, first + limit)
    const last = items.at(-1)
    return { items, ...(first + limit < all.length && last && { next: `${last.startMs}.${last.id}` }) }
  }

  /** GET /api/alarms/counts. */
  counts(): { items: readonly AlarmCount[] } {
    const counts = new Map<string, AlarmCount>()
    for (const { subjectCode, level, state, isAcknowledged } of this.#alarms.values()) {
      if (subjectCode === undefined || !['unacknowledged', 'acknowledged', 'returned-unacknowledged'].includes(state)) continue
      const key = `${subjectCode} ${level}`
      const before = counts.get(key) ?? { subjectCode, level, count: 0, unacknowledged: 0 }
      counts.set(key, { ...before, count: before.count + 1, unacknowledged: before.unacknowledged + (isAcknowledged ? 0 : 1) })
    }
    return { items: [...counts.values()] }
  }

  /** GET /api/alarms/:id. */
  detail(id: string): AlarmDetail | undefined {
    const alarm = this.#alarms.get(id)
    return alarm && { alarm, log: this.#logs.get(id) ?? [] }
  }

  /** POST /api/alarms/:id/…; gives the alarm, or why not. */
  act(id: string, actor: string, revision: number, action: AlarmAction): AlarmItem | AlarmRefusal {
    const alarm = this.#alarms.get(id)
    if (!alarm) return { status: 404, code: 'API_NOT_FOUND' }
    if (alarm.revision !== revision) return { status: 409, code: 'ALARM_STALE' }
    if (!isWellFormed(action)) return { status: 400, code: 'API_BAD_REQUEST' }
    const { kind, ...detail } = action
    const changed = { ...changeOf(alarm, actor, action), revision: revision + 1 }
    this.#alarms.set(id, changed)
    this.#log(changed, { kind, actor, detail: { ...detail } })
    return changed
  }

  #log(alarm: AlarmItem, entry: Omit<AlarmLogEntry, 'id' | 'atMs' | 'level'>): void {
    const log = this.#logs.get(alarm.id) ?? []
    log.push({ id: ++this.#ids, atMs: entry.actor === undefined ? alarm.atMs : Date.now(), level: alarm.level, ...entry })
    this.#logs.set(alarm.id, log)
  }
}

/** The identity of an alarm that a test has named. */
export function idOf(name: string): string {
  return Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32)
}

function isAsked(alarm: AlarmItem, asked: Asked): boolean {
  const number = (name: string, otherwise: number) => (asked.has(name) ? Number(asked.get(name)) : otherwise)
  const is = (name: 'mine' | 'pointCode' | 'level', value: string | undefined) => !asked.has(name) || asked.get(name) === value
  if (!is('mine', alarm.subjectCode) || !is('pointCode', alarm.pointCode) || !is('level', alarm.level)) return false
  if ((alarm.endMs ?? Number.POSITIVE_INFINITY) < number('from', Number.NEGATIVE_INFINITY) || alarm.startMs >= number('to', Number.POSITIVE_INFINITY)) return false
  const isOpen = alarm.isActive || !alarm.isAcknowledged
  switch (asked.get('state')) {
    case 'active':
      return alarm.isActive && !alarm.isHistorical
    case 'unacknowledged':
      return !alarm.isAcknowledged
    case 'shelved':
      return isOpen && ['shelved', 'suppressed', 'out-of-service'].includes(alarm.state)
    case 'historical':
      return alarm.isHistorical
    case 'all':
      return true
    default:
      return isOpen && !alarm.isHistorical
  }
}

function isWellFormed(action: AlarmAction): boolean {
  if (action.kind === 'acknowledge') return true
  if (action.note.length === 0 || action.note.length > 500) return false
  if (action.kind === 'shelve') return action.untilMs > Date.now() && action.untilMs <= Date.now() + 8 * 3_600_000
  return action.kind !== 'explain' || ALARM_CAUSES.includes(action.cause)
}

function changeOf(alarm: AlarmItem, actor: string, action: AlarmAction): AlarmItem {
  const { shelvedUntilMs: _, ...others } = alarm
  const standing = alarm.isActive ? (alarm.isAcknowledged ? 'acknowledged' : 'unacknowledged') : 'returned-unacknowledged'
  switch (action.kind) {
    case 'acknowledge':
      return {
        ...alarm,
        isAcknowledged: true,
        acknowledgedBy: actor,
        acknowledgedMs: Date.now(),
        state: alarm.isActive ? 'acknowledged' : 'normal',
        ...(action.note !== undefined && { note: action.note }),
      }
    case 'explain':
      return { ...alarm, cause: action.cause, note: action.note }
    case 'shelve':
      return { ...alarm, shelvedUntilMs: action.untilMs, state: 'shelved' }
    case 'take-out-of-service':
      return { ...alarm, state: 'out-of-service' }
    case 'unshelve':
    case 'return-to-service':
      return { ...others, state: standing }
  }
}
