/*
 * Silence has a cause: of all links between a register and the store the one nearest to central that fails is told as an
 * alarm, and the silence of everything behind it is suppressed by design (ALG-16). The tree comes from whoever knows the
 * links; which of them fails is decided by packages/alarm-rules.
 */
import { alarmId, findFailingLinks, type Level, type Link, type LinkFailure, type Transition } from '@orewatch/alarm-rules'
import type { Clock } from '@orewatch/core'
import type { Alarm, AlarmJournal, PlacedTransition } from './alarms.ts'

/** The links as they stand at the moment. */
export interface LinkSource {
  /** From ingest down to the devices; undefined while nothing is known yet. */
  tree(): Link | undefined
  /** Mine or pond that a link serves; undefined for broker and ingest. */
  subjectOf(link: string): string | undefined
  /** Register ids of the points behind a link. */
  pointsBehind(link: string): readonly number[]
}

/** What the watch works with. */
export interface LinkWatchParts {
  readonly links: LinkSource
  readonly journal: Pick<AlarmJournal, 'list' | 'suppress'>
  readonly clock: Clock
  readonly put: (transitions: readonly PlacedTransition[]) => void
  readonly publish: (alarms: readonly Alarm[]) => void
}

/** Names of the alarms of links, by the kind of link. */
export const LINK_TITLES: Readonly<Record<Link['kind'], { readonly zh: string; readonly en: string }>> = {
  ingest: { zh: '中心接收中断', en: 'central takes nothing in' },
  broker: { zh: '消息服务中断', en: 'broker unreachable' },
  uplink: { zh: '网关上传中断', en: 'gateway offline' },
  gateway: { zh: '网关无状态报告', en: 'gateway says nothing' },
  bus: { zh: '通信线路中断', en: 'line to the devices fails' },
  sensor: { zh: '设备失联', en: 'device does not answer' },
}

const RULE = 'NET-LINK.'
const VERSION = 1
// S17: an interruption of a subject is an alarm; after half an hour the county is told. The colours are ours.
const WORSE_AFTER_MS = 30 * 60_000
/** Rule of a point without data, which a failed link explains. */
export const NO_DATA_RULE = 'NET-1'
const PAGE = 1_000

interface Open {
  readonly kind: Link['kind']
  readonly link: string
  readonly startMs: number
  level: Level
}

/** Watches the links; `look` is called every few seconds. */
export class LinkWatch {
  readonly #parts: LinkWatchParts
  readonly #open = new Map<string, Open>()
  #roots: ReadonlyMap<number, string> = new Map()
  #isRestored = false

  constructor(parts: LinkWatchParts) {
    this.#parts = parts
  }

  /** What an alarm of a link is called, or undefined for other rules. */
  static titleOf(ruleId: string): { readonly zh: string; readonly en: string } | undefined {
    return ruleId.startsWith(RULE) ? LINK_TITLES[ruleId.slice(RULE.length) as Link['kind']] : undefined
  }

  /** The alarm that explains why a point is silent, as of the last look. */
  rootOf(point: number): string | undefined {
    return this.#roots.get(point)
  }

  /** Forgets what it has told: the next look reads from the journal what is known there. */
  forget(): void {
    this.#open.clear()
    this.#isRestored = false
  }

  /** Looks at all links once: tells what failed and what is back, and sets aside the silence that a failure explains. */
  async look(): Promise<void> {
    const root = this.#parts.links.tree()
    if (root === undefined) return
    if (!this.#isRestored) await this.#restore()
    const nowMs = this.#parts.clock.nowMs()
    const failures = new Map(findFailingLinks(root, nowMs).map((failure) => [failure.link, failure]))
    this.#clearOver(failures, nowMs)
    for (const failure of failures.values()) this.#follow(failure, nowMs)
    await this.#suppress(failures)
  }

  // A link that failed before a restart and still fails is the same alarm.
  async #restore(): Promise<void> {
    for (const alarm of await this.#active(RULE)) {
      const kind = alarm.ruleId.slice(RULE.length) as Link['kind']
      const link = alarm.subject.slice(alarm.subject.indexOf('/') + 1)
      this.#open.set(link, { kind, link, startMs: alarm.startMs, level: alarm.level })
    }
    this.#isRestored = true
  }

  #clearOver(failures: ReadonlyMap<string, LinkFailure>, nowMs: number): void {
    for (const [link, open] of this.#open) {
      if (failures.has(link)) continue
      this.#open.delete(link)
      this.#tell(open, 'clear', nowMs)
    }
  }

  #follow({ link, kind, sinceMs }: LinkFailure, nowMs: number): void {
    const known = this.#open.get(link)
    if (known === undefined) {
      const open: Open = { kind, link, startMs: Math.round(Number.isFinite(sinceMs) ? sinceMs : nowMs), level: 'yellow' }
      this.#open.set(link, open)
      this.#tell(open, 'raise', nowMs)
    } else if (known.level === 'yellow' && nowMs - known.startMs >= WORSE_AFTER_MS) {
      known.level = 'orange'
      this.#tell(known, 'escalate', nowMs)
    }
  }

  #tell(open: Open, kind: Transition['kind'], nowMs: number): void {
    const { link, startMs, level } = open
    const subjectCode = this.#parts.links.subjectOf(link)
    const subject = subjectOfLink(link, subjectCode)
    const ruleId = `${RULE}${open.kind}`
    const silentS = Math.round((nowMs - startMs) / 1_000)
    const transition: Transition = {
      kind,
      alarmId: alarmId({ subject, ruleId, ruleVersion: VERSION, startMs }),
      ruleId,
      ruleVersion: VERSION,
      subject,
      startMs,
      level,
      atMs: Math.round(nowMs),
      value: silentS,
      limit: 0,
      peak: silentS,
      durationMs: Math.round(nowMs) - startMs,
      area: 0,
    }
    this.#parts.put([{ transition, ...(subjectCode !== undefined && { subjectCode }) }])
  }

  async #suppress(failures: ReadonlyMap<string, LinkFailure>): Promise<void> {
    const { links, journal, publish } = this.#parts
    const roots = new Map<number, string>()
    for (const { link } of failures.values()) {
      const open = this.#open.get(link)
      if (open === undefined) continue
      const subject = subjectOfLink(link, links.subjectOf(link))
      const id = alarmId({ subject, ruleId: `${RULE}${open.kind}`, ruleVersion: VERSION, startMs: open.startMs })
      for (const point of links.pointsBehind(link)) roots.set(point, id)
    }
    this.#roots = roots
    const silent = (await this.#active(NO_DATA_RULE)).filter(({ ruleId }) => ruleId === NO_DATA_RULE)
    const changes = Map.groupBy(
      silent.filter(({ pointId, suppressedBy }) => suppressedBy !== (pointId === undefined ? undefined : roots.get(pointId))),
      ({ pointId }) => (pointId === undefined ? undefined : roots.get(pointId)),
    )
    for (const [by, alarms] of changes) {
      publish(
        await journal.suppress(
          alarms.map(({ id }) => id),
          by,
        ),
      )
    }
  }

  // All of them: a link that is forgotten here would stay failed for ever, and a silence would stay unexplained.
  async #active(rulePrefix: string): Promise<readonly Alarm[]> {
    const alarms: Alarm[] = []
    for (let after: string | undefined, isLast = false; !isLast; ) {
      const page = await this.#parts.journal.list({ scope: { divisionPrefix: '' }, state: 'active', rulePrefix, limit: PAGE, ...(after !== undefined && { after }) })
      alarms.push(...page.rows)
      after = page.next
      isLast = after === undefined
    }
    return alarms
  }
}

function subjectOfLink(link: string, subjectCode: string | undefined): string {
  return `${subjectCode ?? 'central'}/${link}`
}
