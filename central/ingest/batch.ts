import { SampleBuilder } from '@orewatch/core'
import type { OutboxPosition } from '@orewatch/protocol'
import type { QuarantinedSample } from '../quarantine/quarantine.ts'
import type { PositionedRecord } from '../records/records.ts'
import type { GatewaySession, OutboxLedger } from './session.ts'

/** One message within a batch. */
export interface BatchPart {
  readonly session: GatewaySession
  readonly identity: number
  /** Absent for gateways without acknowledgement. */
  readonly ledger: OutboxLedger | undefined
  readonly position: OutboxPosition | undefined
  /** Rows of the batch that came with it. */
  readonly from: number
  readonly to: number
  /** Bytes of the queue that it holds. */
  readonly bytes: number
  readonly receivedMs: number
}

/** Records of one message, on their way to the record store. */
export interface BatchRecords {
  readonly gateway: number
  readonly position: OutboxPosition
  readonly records: readonly PositionedRecord[]
  readonly receivedMs: number
}

/** Live data, the backlog, or records; each lane keeps its order. */
export type Lane = 'live' | 'backlog' | 'records'

/** Messages that are written together. */
export class Batch {
  readonly lane: Lane
  /** Samples for the store; `key` is the register id of the point. */
  readonly samples: SampleBuilder
  readonly parts: BatchPart[] = []
  readonly refused: QuarantinedSample[] = []
  readonly records: BatchRecords[] = []
  bytes = 0
  /** Monotonic ms at which the first message came. */
  readonly sinceMs: number

  constructor(lane: Lane, samples: SampleBuilder, sinceMs: number) {
    this.lane = lane
    this.samples = samples
    this.sinceMs = sinceMs
  }

  /** Where the samples of a row came from. */
  partOf(row: number): BatchPart | undefined {
    let low = 0
    let high = this.parts.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const part = this.parts[middle] as BatchPart
      if (row < part.from) high = middle - 1
      else if (row >= part.to) low = middle + 1
      else return part
    }
    return undefined
  }
}
