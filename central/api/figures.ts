import { type Clock, Q } from '@orewatch/core'
import type { PointRow } from '../registry/index.ts'
import type { LatestSample } from '../telemetry/store.ts'
import type { ApiParts } from './parts.ts'
import type { RegisterIndex, RegisterView } from './register-view.ts'
import { lateAfterMs } from './way.ts'

/** How the points of a mine stand. */
export interface MineFigures {
  readonly points: number
  readonly good: number
  readonly bad: number
  readonly stale: number
  readonly lastSampleMs?: number
}

const MAX_AGE_MS = 2_000
const LATEST_CHUNK = 5_000
const USABLE: ReadonlySet<number> = new Set([Q.good, Q.manual, Q.backfilled])

/** Counts good, bad and stale points per mine; computed at most every two seconds however many ask. */
export class Figures {
  readonly #store: ApiParts['store']
  readonly #view: RegisterView
  readonly #clock: Clock
  #counted: ReadonlyMap<string, MineFigures> | undefined
  #countedAtMs = Number.NEGATIVE_INFINITY
  #counting: Promise<ReadonlyMap<string, MineFigures>> | undefined

  constructor(parts: { readonly store: ApiParts['store']; readonly view: RegisterView; readonly clock: Clock }) {
    this.#store = parts.store
    this.#view = parts.view
    this.#clock = parts.clock
  }

  /** Figures of every mine that has points, by subject code. */
  async ofMines(): Promise<ReadonlyMap<string, MineFigures>> {
    if (this.#counted !== undefined && this.#clock.monotonicMs() - this.#countedAtMs <= MAX_AGE_MS) return this.#counted
    this.#counting ??= this.#count(await this.#view.current()).finally(() => {
      this.#counting = undefined
    })
    return await this.#counting
  }

  async #count(index: RegisterIndex): Promise<ReadonlyMap<string, MineFigures>> {
    const startedMs = this.#clock.monotonicMs()
    const latest = await latestOf(this.#store, [...index.points.keys()])
    const nowMs = this.#clock.nowMs()
    this.#counted = new Map([...index.pointsOfMine].map(([subjectCode, points]) => [subjectCode, countPoints(points, latest, nowMs)]))
    this.#countedAtMs = startedMs
    return this.#counted
  }
}

/** The newest samples of any number of points, by point id. */
export async function latestOf(store: Pick<ApiParts['store'], 'latest'>, points: readonly number[]): Promise<ReadonlyMap<number, LatestSample>> {
  const found = new Map<number, LatestSample>()
  for (let from = 0; from < points.length; from += LATEST_CHUNK) {
    for (const sample of await store.latest(points.slice(from, from + LATEST_CHUNK))) found.set(sample.point, sample)
  }
  return found
}

/** Sorts points into good, bad and stale; a point that never reported is stale. */
export function countPoints(points: readonly PointRow[], latest: ReadonlyMap<number, LatestSample>, nowMs: number): MineFigures {
  let good = 0
  let bad = 0
  let lastSampleMs = Number.NEGATIVE_INFINITY
  for (const point of points) {
    const sample = latest.get(point.id)
    if (sample === undefined) continue
    lastSampleMs = Math.max(lastSampleMs, sample.timeMs)
    if (nowMs - sample.timeMs > lateAfterMs(point.periodMs)) continue
    if (USABLE.has(sample.quality)) good++
    else bad++
  }
  return { points: points.length, good, bad, stale: points.length - good - bad, ...(lastSampleMs > 0 && { lastSampleMs }) }
}
