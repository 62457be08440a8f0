import { type PositionRange, RangeSet } from '@orewatch/core'
import type { GatewayStatus, OutboxPosition, Stream } from '@orewatch/protocol'
import type { Gateway } from '../registry/registry.ts'
import type { NodeBirth } from './birth-reader.ts'
import { PointTable } from './point-table.ts'
import type { SourceMessage } from './source.ts'

/** What is known since the gateway's last NBIRTH. */
export interface Birth {
  readonly node: NodeBirth
  /** Absent when the gateway has credentials and is not in the register. */
  readonly gateway: Gateway | undefined
  /** Id for outbox ranges; the gateway's own when it is registered. */
  readonly identity: number
  readonly table: PointTable
  readonly sinceMs: number
}

/** Positions of one outbox incarnation by stream. */
export class OutboxLedger {
  readonly incarnation: string
  /** Durable at central. */
  readonly stored = new Map<Stream, RangeSet>()
  /** Taken into the queue and not yet durable. */
  readonly pending = new Map<Stream, RangeSet>()
  /** Durable and not yet told to the gateway. */
  unsent = new Map<Stream, RangeSet>()

  constructor(incarnation: string) {
    this.incarnation = incarnation
  }

  /** Whether every position of a message is in one of the two sets. */
  covers(set: 'stored' | 'pending', position: OutboxPosition): boolean {
    const ranges = this[set].get(position.stream)
    return ranges !== undefined && position.runs.every((run) => ranges.covers(run.first, run.count))
  }

  /** Puts runs into one of the sets. */
  add(set: 'stored' | 'pending' | 'unsent', stream: Stream, runs: Iterable<PositionRange>): void {
    let ranges = this[set].get(stream)
    if (ranges === undefined) {
      ranges = new RangeSet()
      this[set].set(stream, ranges)
    }
    for (const run of runs) ranges.add(run.first, run.count)
  }

  /** Takes runs out of the pending set: they are durable, or given up. */
  release(position: OutboxPosition): void {
    const ranges = this.pending.get(position.stream)
    for (const run of position.runs) ranges?.remove(run.first, run.count)
  }
}

/** Everything that ingest keeps of one gateway while it runs. */
export class GatewaySession {
  readonly key: string
  readonly group: string
  readonly node: string
  birth: Birth | undefined
  ledger: OutboxLedger | undefined
  isOnline = false
  sinceMs: number
  lastMessageMs = 0
  lastStoredMs = 0
  status: GatewayStatus | undefined
  statusReceivedMs = 0
  /** Messages dropped because the queue was full or no birth was known. */
  dropped = 0
  /** The last `seq`, −1 when unknown, and the UTC ms at which it came. */
  lastSequenceMs = 0
  seq = -1
  /** Session ids of the latest births, newest first. */
  sessionIds: string[] = []
  /** Births are worked on one after the other; what comes meanwhile waits here. */
  readonly inbox: SourceMessage[] = []
  isBusy = false
  /** Bytes that this gateway holds of the queue. */
  heldBytes = 0
  /** An answer to a birth is due once the inbox is empty. */
  isAnswerDue = false
  /** Its points are to be looked up again. */
  isRefreshDue = false
  /** New births are due; when they were last asked for, and how long to wait before asking again. */
  rebirthDue: string | undefined
  rebirthAskedMs = Number.NEGATIVE_INFINITY
  rebirthPauseMs = 0
  /** Aliases that no birth declared, and the UTC ms at which births were asked for because of each. */
  readonly askedForAlias = new Map<number, number>()

  constructor(group: string, node: string, nowMs: number) {
    this.group = group
    this.node = node
    this.key = `${group}/${node}`
    this.sinceMs = nowMs
  }
}
