import type { ModbusSource } from './profile.ts'
import { endOf } from './register-layout.ts'

/** A point for which a clash was found, and why. */
export interface Clash {
  readonly index: number
  readonly message: string
}

interface Span {
  readonly index: number
  readonly name: string
  readonly source: ModbusSource
}

/** Finds points that read the same registers as different things; points without registers are skipped. */
export function findClashes(points: readonly { readonly name: string; readonly modbus?: ModbusSource | undefined }[]): Clash[] {
  const spans: Span[] = []
  for (const [index, { name, modbus }] of points.entries()) if (modbus !== undefined) spans.push({ index, name, source: modbus })
  spans.sort((a, b) => a.source.area.localeCompare(b.source.area) || a.source.address - b.source.address)
  const clashes: Clash[] = []
  for (const [i, span] of spans.entries()) {
    for (let j = i + 1; j < spans.length; j++) {
      const next = spans[j] as Span
      if (next.source.area !== span.source.area || next.source.address >= endOf(span.source)) break
      const message = clashOf(span, next)
      if (message !== undefined) clashes.push({ index: Math.max(span.index, next.index), message })
    }
  }
  return clashes
}

function clashOf(a: Span, b: Span): string | undefined {
  const [first, second] = a.index < b.index ? [a, b] : [b, a]
  const isSameAddress = a.source.address === b.source.address
  if (isSameAddress && a.source.type === b.source.type) {
    if (a.source.type === 'bit' && a.source.bit !== b.source.bit) return undefined
    return `${second.name} reads the same ${a.source.type} at ${where(second.source)} as ${first.name}; one of the two addresses is wrong`
  }
  // A word may be read as a whole and bit by bit.
  if (isSameAddress && (a.source.type === 'bit' || b.source.type === 'bit') && Math.max(endOf(a.source), endOf(b.source)) === a.source.address + 1) return undefined
  return `${second.name} (${second.source.type} at ${where(second.source)}) overlaps ${first.name} (${first.source.type} at ${where(first.source)}); registers have one type only`
}

function where(source: ModbusSource): string {
  return `${source.area} ${source.address}${source.bit === undefined ? '' : ` bit ${source.bit}`}`
}
