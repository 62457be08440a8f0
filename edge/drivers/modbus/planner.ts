/** A run of registers (or bits) that must come in one read. */
export interface Span {
  readonly start: number
  readonly count: number
}

/** What a device allows in one read. */
export interface ReadLimits {
  readonly maxCount: number
  /** Unwanted registers that may stand between two wanted ones. */
  readonly maxHole: number
}

/**
 * The fewest reads that cover every span, each span whole in one read, within the limits and never across a barrier
 * (an address that the device refuses). Sorted by address. A span longer than the limit is a read of its own.
 */
export function planReads(spans: readonly Span[], limits: ReadLimits, barriers: readonly Span[] = []): Span[] {
  const reads: { start: number; count: number }[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.count - a.count)) {
    const last = reads.at(-1)
    if (last !== undefined && canJoin(last, span, limits, barriers)) last.count = Math.max(end(last), end(span)) - last.start
    else reads.push({ start: span.start, count: span.count })
  }
  return reads
}

/** The index of the first read that holds the whole span, or −1. */
export function readHolding(reads: readonly Span[], span: Span): number {
  return reads.findIndex((read) => read.start <= span.start && end(read) >= end(span))
}

/** One span around all pieces when nothing forbids reading them together, otherwise the pieces. */
export function bundle(pieces: readonly Span[], limits: ReadLimits, barriers: readonly Span[] = []): readonly Span[] {
  const joined = planReads(pieces, limits, barriers)
  return joined.length === 1 ? joined : pieces
}

function canJoin(read: Span, span: Span, limits: ReadLimits, barriers: readonly Span[]): boolean {
  const joinedEnd = Math.max(end(read), end(span))
  if (joinedEnd - read.start > limits.maxCount) return false
  const holeStart = end(read)
  if (span.start - holeStart > limits.maxHole) return false
  return !barriers.some((barrier) => barrier.start < span.start && end(barrier) > holeStart)
}

function end(span: Span): number {
  return span.start + span.count
}
