/** Positions from `first` on, `count` of them. */
export interface PositionRange {
  readonly first: number
  readonly count: number
}

/**
 * A set of non-negative integers kept as sorted, disjoint, non-touching intervals.
 * Memory grows with the number of holes, not with the number of members; every operation is O(log holes)
 * plus the intervals it merges.
 */
export class RangeSet {
  // Interval i is [#starts[i], #ends[i]).
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** A set of the given ranges, in any order, overlapping or not. */
  static of(ranges: Iterable<PositionRange>): RangeSet {
    const set = new RangeSet()
    for (const range of ranges) set.add(range.first, range.count)
    return set
  }

  /** How many intervals there are. */
  get intervals(): number {
    return this.#starts.length
  }

  /** How many members there are. */
  get size(): number {
    let total = 0
    for (let i = 0; i < this.#starts.length; i++) total += (this.#ends[i] as number) - (this.#starts[i] as number)
    return total
  }

  /** One more than the largest member; 0 when empty. */
  get end(): number {
    return this.#ends.at(-1) ?? 0
  }

  /** Puts `first … first + count − 1` into the set. */
  add(first: number, count: number): void {
    if (count <= 0) return
    let start = first
    let end = first + count
    const from = this.#firstEndingAtOrAfter(start)
    let to = from
    while (to < this.#starts.length && (this.#starts[to] as number) <= end) {
      start = Math.min(start, this.#starts[to] as number)
      end = Math.max(end, this.#ends[to] as number)
      to++
    }
    this.#starts.splice(from, to - from, start)
    this.#ends.splice(from, to - from, end)
  }

  /** Takes `first … first + count − 1` out of the set. */
  remove(first: number, count: number): void {
    if (count <= 0) return
    const end = first + count
    const from = this.#firstEndingAtOrAfter(first + 1)
    let to = from
    const starts: number[] = []
    const ends: number[] = []
    while (to < this.#starts.length && (this.#starts[to] as number) < end) {
      const s = this.#starts[to] as number
      const e = this.#ends[to] as number
      if (s < first) {
        starts.push(s)
        ends.push(first)
      }
      if (e > end) {
        starts.push(end)
        ends.push(e)
      }
      to++
    }
    this.#starts.splice(from, to - from, ...starts)
    this.#ends.splice(from, to - from, ...ends)
  }

  /** Whether every one of the positions is a member. */
  covers(first: number, count: number): boolean {
    if (count <= 0) return true
    const i = this.#firstEndingAtOrAfter(first + count)
    return i < this.#starts.length && (this.#starts[i] as number) <= first
  }

  /** Whether one position is a member. */
  has(position: number): boolean {
    return this.covers(position, 1)
  }

  /** The first run of non-members at or after `from` and before `limit`, or undefined when there is none. */
  firstGap(from: number, limit: number): PositionRange | undefined {
    let start = from
    let i = this.#firstEndingAtOrAfter(from + 1)
    if (i < this.#starts.length && (this.#starts[i] as number) <= start) {
      start = this.#ends[i] as number
      i++
    }
    if (start >= limit) return undefined
    const next = i < this.#starts.length ? (this.#starts[i] as number) : limit
    return { first: start, count: Math.min(next, limit) - start }
  }

  /** The members as ranges, ascending. */
  ranges(): PositionRange[] {
    return this.#starts.map((start, i) => ({ first: start, count: (this.#ends[i] as number) - start }))
  }

  /** Removes all members. */
  clear(): void {
    this.#starts.length = 0
    this.#ends.length = 0
  }

  #firstEndingAtOrAfter(position: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ends[middle] as number) < position) low = middle + 1
      else high = middle
    }
    return low
  }
}
