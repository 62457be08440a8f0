import type { Clock } from '@orewatch/core'
import type { CountyOverview, Gateway, Mine, PointRow } from '../registry/index.ts'
import type { ApiParts } from './parts.ts'

/** The register indexed for figures and the live feed; immutable. */
export interface RegisterIndex {
  readonly counties: readonly CountyOverview[]
  readonly mines: readonly Mine[]
  readonly mineByCode: ReadonlyMap<string, Mine>
  readonly gateways: ReadonlyMap<number, Gateway>
  readonly gatewaysOfMine: ReadonlyMap<string, readonly Gateway[]>
  readonly points: ReadonlyMap<number, PointRow>
  readonly pointsOfMine: ReadonlyMap<string, readonly PointRow[]>
}

// What is new in the register may be this late in overviews and live streams; lookups of one thing ask the register.
const MAX_AGE_MS = 5_000
const PAGE_ROWS = 1_000
/** Points the copy holds at most; a bigger register needs several API processes by county. */
export const MAX_POINTS_IN_VIEW = 200_000
const WHOLE_COUNTRY = { divisionPrefix: '' }

/** A copy of the register that is at most five seconds old, read by one pass at a time however many ask. */
export class RegisterView {
  readonly #registry: ApiParts['registry']
  readonly #clock: Clock
  #index: RegisterIndex | undefined
  #readAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<RegisterIndex> | undefined

  constructor(registry: ApiParts['registry'], clock: Clock) {
    this.#registry = registry
    this.#clock = clock
  }

  /** The index, read again when it is too old. */
  async current(): Promise<RegisterIndex> {
    if (this.#index !== undefined && this.#clock.monotonicMs() - this.#readAtMs <= MAX_AGE_MS) return this.#index
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return await this.#reading
  }

  /** Forgets the copy, after a change made here. */
  invalidate(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY
  }

  async #read(): Promise<RegisterIndex> {
    const startedMs = this.#clock.monotonicMs()
    const [counties, gateways, mines, points] = await Promise.all([
      this.#registry.overview(WHOLE_COUNTRY),
      this.#registry.gateways(WHOLE_COUNTRY),
      readAll((after) => this.#registry.mines(WHOLE_COUNTRY, { limit: PAGE_ROWS, ...after })),
      readAll((after) => this.#registry.points({ scope: WHOLE_COUNTRY, limit: PAGE_ROWS, ...after })),
    ])
    const byId = new Map(gateways.map((gateway) => [gateway.id, gateway]))
    this.#index = {
      counties,
      mines,
      mineByCode: new Map(mines.map((mine) => [mine.subjectCode, mine])),
      gateways: byId,
      gatewaysOfMine: gatewaysByMine(byId, points),
      points: new Map(points.map((point) => [point.id, point])),
      pointsOfMine: Map.groupBy(points, (point) => point.subjectCode),
    }
    this.#readAtMs = startedMs
    return this.#index
  }
}

// A gateway may report for further subjects; where it has points of a mine, it belongs on that mine's board.
function gatewaysByMine(gateways: ReadonlyMap<number, Gateway>, points: readonly PointRow[]): ReadonlyMap<string, readonly Gateway[]> {
  const byMine = new Map<string, Map<number, Gateway>>()
  const add = (subjectCode: string, gateway: Gateway | undefined): void => {
    const known = byMine.get(subjectCode) ?? new Map<number, Gateway>()
    byMine.set(subjectCode, known)
    if (gateway !== undefined) known.set(gateway.id, gateway)
  }
  for (const gateway of gateways.values()) add(gateway.subjectCode, gateway)
  for (const point of points) add(point.subjectCode, gateways.get(point.gateway))
  return new Map([...byMine].map(([subjectCode, known]) => [subjectCode, [...known.values()]]))
}

async function readAll<T>(read: (after: { readonly after?: string }) => Promise<{ readonly rows: readonly T[]; readonly next?: string }>): Promise<readonly T[]> {
  const all: T[] = []
  let after: { readonly after?: string } = {}
  while (all.length < MAX_POINTS_IN_VIEW) {
    const { rows, next } = await read(after)
    all.push(...rows)
    if (next === undefined) break
    after = { after: next }
  }
  return all
}
