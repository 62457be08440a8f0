import { type Clock, systemClock } from '@orewatch/core'
import type { Logger } from '@orewatch/observability'
import type { Audit } from '../kernel/access/index.ts'
import type { PointRow, Registry } from '../registry/index.ts'
import type { RemovedPart, TelemetryStore } from '../telemetry/store.ts'
import { planRemoval, type RetentionSetting } from './retention-rules.ts'

/** What retention works on. */
export interface RetentionParts {
  readonly registry: Pick<Registry, 'points'>
  readonly store: Pick<TelemetryStore, 'name' | 'capabilities' | 'latest' | 'remove'>
  readonly audit: Pick<Audit, 'append'>
  readonly log: Logger
  readonly clock?: Clock
}

/** What has gone, or with `look` would go. */
export interface RetentionReport {
  readonly parts: readonly RemovedPart[]
  /** Why nothing can be removed, for a person. */
  readonly note?: string
}

const PAGE = 1_000
const LATEST_PAGE = 5_000
const DAY_MS = 86_400_000

/** Removes samples that have outlived their period, or only looks; what went is in the audit log. */
export async function applyRetention(parts: RetentionParts, setting: RetentionSetting, mode: 'look' | 'remove'): Promise<RetentionReport> {
  const { store, audit, log, clock = systemClock } = parts
  const points = await allPoints(parts.registry)
  const nowMs = await provenNow(store, points, clock.nowMs())
  if (nowMs === undefined) return { parts: [], note: 'the store holds no samples of registered points' }
  const order = planRemoval(setting, points, nowMs)
  const removed = await store.remove(order, mode)
  if (mode === 'remove' && removed.length > 0) {
    const detail = { store: store.name, days: setting.days, classes: setting.classes, ...(setting.shorterThanLawBecause !== undefined && { because: setting.shorterThanLawBecause }) }
    await audit.append({ address: 'central', action: 'retention.apply', object: store.name, result: 'ok', detail: { ...detail, parts: removed.slice(0, 100), samples: total(removed) } })
    log.info({ parts: removed.length, samples: total(removed) }, 'samples that have outlived their retention are removed')
  }
  return { parts: removed, ...(!store.capabilities.removesSamples && { note: `${store.name} removes nothing on request; its own retention period does, for all points alike` }) }
}

// A clock that jumped ahead by years must not remove everything: time is believed only as far as samples have come.
async function provenNow(store: Pick<TelemetryStore, 'latest'>, points: readonly PointRow[], clockMs: number): Promise<number | undefined> {
  let newestMs = -1
  for (let from = 0; from < points.length; from += LATEST_PAGE) {
    const found = await store.latest(points.slice(from, from + LATEST_PAGE).map(({ id }) => id))
    for (const { timeMs } of found) newestMs = Math.max(newestMs, timeMs)
  }
  return newestMs < 0 ? undefined : Math.min(clockMs, newestMs + DAY_MS)
}

async function allPoints(registry: Pick<Registry, 'points'>): Promise<PointRow[]> {
  const points: PointRow[] = []
  for (let after: string | undefined, isLast = false; !isLast; ) {
    const page = await registry.points({ scope: { divisionPrefix: '' }, limit: PAGE, ...(after !== undefined && { after }) })
    points.push(...page.rows)
    after = page.next
    isLast = after === undefined
  }
  return points
}

function total(parts: readonly RemovedPart[]): number {
  return parts.reduce((sum, { samples }) => sum + samples, 0)
}
