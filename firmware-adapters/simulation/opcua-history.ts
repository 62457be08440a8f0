/*
 * The history of a simulated OPC UA server: because values are pure in time, any span of the kept past can be answered
 * exactly, in pages with continuation points, without having stored anything.
 */
import { DataType, DataValue, HistoryData, HistoryReadResult, type StatusCode, StatusCodes, Variant } from 'node-opcua-client'
import { type HistoryFault, historyTimes, type SimulatedHistory } from './kept-times.ts'

const HOUR_MS = 3_600_000

/** What history needs of a node. */
export interface KeptNode {
  readonly kind: 'double' | 'boolean'
  value(timeMs: number): number
  status?(timeMs: number): keyof typeof StatusCodes | undefined
}

/** What is asked of the history of a node, times in UTC ms. */
export interface HistoryQuestion {
  readonly fromMs: number
  readonly toMs: number
  readonly maxRows: number
  /** Where the page before ended; empty at the beginning. */
  readonly continuationPoint: Uint8Array | undefined
}

/** The answer of a node's history at a time. */
export function answerHistory(node: KeptNode, history: SimulatedHistory, question: HistoryQuestion, nowMs: number, fault: HistoryFault | undefined): HistoryReadResult {
  if (fault?.kind === 'refused') return new HistoryReadResult({ statusCode: StatusCodes[fault.status] as StatusCode })
  const fromMs = Math.max(question.fromMs, nowMs - (history.keepMs ?? HOUR_MS), readPoint(question.continuationPoint))
  const times = historyTimes(history, fromMs, Math.min(question.toMs, nowMs))
  const limit = Math.min(question.maxRows > 0 ? question.maxRows : Number.POSITIVE_INFINITY, history.pageRows ?? 500)
  const page = times.slice(0, limit)
  const rows = page.map((timeMs) => rowOf(node, timeMs))
  const next = times[limit]
  return new HistoryReadResult({
    statusCode: times.length === 0 ? StatusCodes.GoodNoData : StatusCodes.Good,
    ...(next === undefined ? {} : { continuationPoint: writePoint(next) }),
    historyData: new HistoryData({ dataValues: fault?.kind === 'bad-rows' ? spoil(rows, question) : rows }),
  })
}

function rowOf(node: KeptNode, timeMs: number): DataValue {
  const value = node.value(timeMs)
  const statusCode = StatusCodes[node.status?.(timeMs) ?? 'Good'] as StatusCode
  const variant = new Variant(node.kind === 'boolean' ? { dataType: DataType.Boolean, value: value !== 0 } : { dataType: DataType.Double, value })
  return new DataValue({ value: variant, statusCode, sourceTimestamp: new Date(timeMs), serverTimestamp: new Date(timeMs) })
}

function spoil(rows: readonly DataValue[], { fromMs, toMs }: HistoryQuestion): DataValue[] {
  const value = new Variant({ dataType: DataType.Double, value: -1 })
  return [
    new DataValue({ value, statusCode: StatusCodes.Good, sourceTimestamp: null }),
    new DataValue({ value, statusCode: StatusCodes.Good, sourceTimestamp: new Date(fromMs - 60_000) }),
    new DataValue({ value, statusCode: StatusCodes.Good, sourceTimestamp: new Date(toMs + 60_000) }),
    // One row in four is bad, and all come in the wrong order and twice.
    ...[...rows, ...rows]
      .toReversed()
      .map((row, i) => ((row.sourceTimestamp?.getTime() ?? i) % 4 === 0 ? new DataValue({ statusCode: StatusCodes.BadSensorFailure, sourceTimestamp: row.sourceTimestamp ?? null }) : row)),
  ]
}

function writePoint(timeMs: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(timeMs)
  return bytes
}

function readPoint(point: Uint8Array | undefined): number {
  return point === undefined || point.length !== 8 ? Number.NEGATIVE_INFINITY : Buffer.from(point).readDoubleBE()
}
