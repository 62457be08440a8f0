import type { SampleColumns } from '@orewatch/core'

/** What becomes of a late row. */
export const FATE = { store: 0, duplicate: 1, conflict: 2 } as const

/**
 * Rows at or below a time already seen of their point. Each may be new, the same as a stored row, or contradict one;
 * the stored row may be on disk, among the fresh rows of the same commit, or an earlier late row.
 */
export class LateRows {
  readonly #rows: SampleColumns
  // Open addressing over the first row of each (point, time); entries are row + 1.
  readonly #table: Int32Array
  readonly #mask: number
  /** First late row with the same point and time, of each row. */
  readonly #first: Int32Array
  readonly #isKept: Uint8Array
  readonly #keptValue: Float64Array
  readonly #keptQuality: Uint8Array
  #distinct = 0

  constructor(rows: SampleColumns) {
    this.#rows = rows
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, rows.count * 2)))
    this.#table = new Int32Array(size)
    this.#mask = size - 1
    this.#first = new Int32Array(rows.count)
    this.#isKept = new Uint8Array(rows.count)
    this.#keptValue = new Float64Array(rows.count)
    this.#keptQuality = new Uint8Array(rows.count)
    for (let row = 0; row < rows.count; row++) this.#insert(row)
  }

  /** One row of each (point, time), to be looked up in the store. */
  distinctRows(): Int32Array {
    const rows = new Int32Array(this.#distinct)
    for (let row = 0, n = 0; row < this.#rows.count; row++) if (this.#first[row] === row) rows[n++] = row
    return rows
  }

  /** Says that the store holds a row of this point and time; NaN is no value. */
  meetStored(row: number, value: number, quality: number): void {
    this.#isKept[row] = 1
    this.#keptValue[row] = value
    this.#keptQuality[row] = quality
  }

  /** Compares with rows that go to the store in the same commit, before these. */
  meetFresh(fresh: SampleColumns): void {
    for (let i = 0; i < fresh.count; i++) {
      const row = this.#find(fresh.key[i] as number, fresh.timeMs[i] as number)
      if (row >= 0) this.meetStored(row, fresh.value[i] as number, fresh.quality[i] as number)
    }
  }

  /** The fate of each row; to be called once, after all meetings. */
  fates(): Uint8Array {
    const fates = new Uint8Array(this.#rows.count)
    for (let row = 0; row < fates.length; row++) {
      const first = this.#first[row] as number
      const value = this.#rows.value[row] as number
      const quality = this.#rows.quality[row] as number
      if (this.#isKept[first] === 0) this.meetStored(first, value, quality)
      else fates[row] = this.#isSame(first, value, quality) ? FATE.duplicate : FATE.conflict
    }
    return fates
  }

  #isSame(first: number, value: number, quality: number): boolean {
    const kept = this.#keptValue[first] as number
    return this.#keptQuality[first] === quality && (kept === value || (Number.isNaN(kept) && Number.isNaN(value)))
  }

  #insert(row: number): void {
    let at = hash(this.#rows.key[row] as number, this.#rows.timeMs[row] as number) & this.#mask
    for (let entry = this.#table[at] as number; entry !== 0; entry = this.#table[at] as number) {
      if (this.#isAt(entry - 1, this.#rows.key[row] as number, this.#rows.timeMs[row] as number)) {
        this.#first[row] = entry - 1
        return
      }
      at = (at + 1) & this.#mask
    }
    this.#table[at] = row + 1
    this.#first[row] = row
    this.#distinct++
  }

  #find(point: number, timeMs: number): number {
    let at = hash(point, timeMs) & this.#mask
    for (let entry = this.#table[at] as number; entry !== 0; entry = this.#table[at] as number) {
      if (this.#isAt(entry - 1, point, timeMs)) return entry - 1
      at = (at + 1) & this.#mask
    }
    return -1
  }

  #isAt(row: number, point: number, timeMs: number): boolean {
    return this.#rows.timeMs[row] === timeMs && this.#rows.key[row] === point
  }
}

function hash(point: number, timeMs: number): number {
  const low = timeMs | 0
  let mixed = Math.imul(point, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b)
  mixed ^= mixed >>> 15
  return Math.imul(mixed, 0xc2b2ae35) ^ (mixed >>> 13)
}
