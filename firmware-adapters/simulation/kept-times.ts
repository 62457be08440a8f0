import type { StatusCodes } from 'node-opcua-client'

/** What a server keeps of the past. */
export interface SimulatedHistory {
  /** Distance between kept values, ms; they lie on multiples of it. */
  readonly stepMs: number
  /** How far back values are kept, ms; an hour when absent. */
  readonly keepMs?: number
  /** Most values in one answer, however many are asked for; 500 when absent. */
  readonly pageRows?: number
}

/** What goes wrong with the history of a server. */
export type HistoryFault =
  | { readonly kind: 'refused'; readonly status: keyof typeof StatusCodes }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Rows without time, rows outside of what was asked, in the wrong order, twice, and with bad status. */
  | { readonly kind: 'bad-rows' }

/** The times of kept values within a span, both ends included, UTC ms. */
export function historyTimes({ stepMs }: SimulatedHistory, fromMs: number, toMs: number): number[] {
  const first = Math.ceil(fromMs / stepMs)
  return Array.from({ length: Math.max(0, Math.floor(toMs / stepMs) - first + 1) }, (_, i) => (first + i) * stepMs)
}
