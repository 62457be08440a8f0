import type { Clock } from '@orewatch/core'
import { type StatusCode, StatusCodes } from 'node-opcua-client'
import type { ServerSession } from 'node-opcua-server'
import { simulationErrors } from './errors.ts'
import type { HistoryFault } from './kept-times.ts'

interface NodeFault {
  readonly status: StatusCode | undefined
  /** Time at which the node stands still, UTC ms. */
  readonly frozenAtMs: number | undefined
  readonly untilMs: number
}

/** Faults of a simulated OPC UA server. Restart and stop are methods of the server itself. */
export class OpcUaFaults {
  readonly #clock: Clock
  readonly #known: ReadonlySet<string>
  readonly #nodes = new Map<string, NodeFault>()
  #sessions: ReadonlySet<ServerSession> = new Set()
  /** What goes wrong with the server's history; nothing when undefined. */
  history: HistoryFault | undefined

  constructor(clock: Clock, known: ReadonlySet<string>) {
    this.#clock = clock
    this.#known = known
  }

  /** Tells which sessions are open; for the server. */
  attach(sessions: ReadonlySet<ServerSession>): void {
    this.#sessions = sessions
  }

  /** Sessions open now. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** Subscriptions alive now, of all sessions. */
  get subscriptionCount(): number {
    let count = 0
    for (const session of this.#sessions) count += session.currentSubscriptionCount
    return count
  }

  /** Closes every session as an operator at the server would; the connections stay. Returns how many. */
  closeSessions(subscriptions: 'delete' | 'keep' = 'delete'): number {
    const closing = [...this.#sessions]
    // Through the server's engine, which alone knows how to keep subscriptions for a transfer.
    for (const session of closing) session.parent?.closeSession(session.authenticationToken, subscriptions === 'delete', 'Terminated')
    return closing.length
  }

  /** Deletes every subscription behind the clients' backs; the sessions stay. Returns how many. */
  dropSubscriptions(): number {
    let dropped = 0
    for (const session of this.#sessions) {
      for (const subscription of session.publishEngine.subscriptions.slice()) {
        session.deleteSubscription(subscription.id)
        dropped++
      }
    }
    return dropped
  }

  /** Stops notifications of all present subscriptions while keep-alives go on: connected, but no data. Returns how many. */
  muteSubscriptions(): number {
    return this.#setPublishing(false)
  }

  /** Lets notifications flow again. */
  unmuteSubscriptions(): number {
    return this.#setPublishing(true)
  }

  /** Gives a node a status such as BadNoCommunication, for a time in ms or until cleared. */
  setNodeStatus(identifier: string, status: keyof typeof StatusCodes, durationMs = Number.POSITIVE_INFINITY): void {
    const code = StatusCodes[status] as StatusCode | undefined
    if (code === undefined) throw simulationErrors.BAD_FAULT({ status, rightWouldBe: 'a name of an OPC UA status code, such as BadNoCommunication' })
    this.#setNode(identifier, { status: code, frozenAtMs: undefined, untilMs: this.#clock.monotonicMs() + durationMs })
  }

  /** Makes a node stand still at its present value with a good status, for a time in ms or until cleared. */
  freezeNode(identifier: string, durationMs = Number.POSITIVE_INFINITY): void {
    this.#setNode(identifier, { status: undefined, frozenAtMs: this.#clock.nowMs(), untilMs: this.#clock.monotonicMs() + durationMs })
  }

  /** Ends the faults of one node, or of all and of the history. */
  clear(identifier?: string): void {
    if (identifier !== undefined) {
      this.#nodes.delete(identifier)
      return
    }
    this.#nodes.clear()
    this.history = undefined
  }

  /** The status that a fault forces on a node. */
  statusOf(identifier: string): StatusCode | undefined {
    return this.#active(identifier)?.status
  }

  /** The time at which a fault makes a node stand still, UTC ms. */
  frozenTimeMs(identifier: string): number | undefined {
    return this.#active(identifier)?.frozenAtMs
  }

  #setPublishing(isEnabled: boolean): number {
    let count = 0
    for (const session of this.#sessions) {
      for (const subscription of session.publishEngine.subscriptions) {
        subscription.setPublishingMode(isEnabled)
        count++
      }
    }
    return count
  }

  #setNode(identifier: string, fault: NodeFault): void {
    if (!this.#known.has(identifier)) throw simulationErrors.UNKNOWN_NODE({ identifier, known: [...this.#known].slice(0, 50) })
    this.#nodes.set(identifier, fault)
  }

  #active(identifier: string): NodeFault | undefined {
    const fault = this.#nodes.get(identifier)
    if (fault === undefined) return undefined
    if (fault.untilMs > this.#clock.monotonicMs()) return fault
    this.#nodes.delete(identifier)
    return undefined
  }
}
