/*
 * Tells a test harness of every accepted record before the append resolves (outbox.tapSocket). The harness thereby
 * knows what it may demand of central, whatever is killed. One line of JSON per append, one byte back.
 */
import { connect, type Socket } from 'node:net'
import type { SampleColumns } from '@orewatch/core'
import type { OutboxRecord } from '@orewatch/protocol'
import { gatewayErrors } from './errors.ts'
import type { Accepted, CatalogPoint } from './outbox/outbox.ts'

/** A connection to the harness. */
export class Tap {
  readonly #socket: Socket
  #waiting: { resolve: () => void; reject: (err: unknown) => void }[] = []
  #isLost = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes) => {
      for (let i = 0; i < bytes.length; i++) this.#waiting.shift()?.resolve()
    })
    const lose = (): void => {
      this.#isLost = true
      for (const waiter of this.#waiting.splice(0)) waiter.reject(gatewayErrors.TAP_LOST())
    }
    socket.on('close', lose)
    socket.on('error', lose)
  }

  /** Connects to the harness's unix socket. */
  static async open(path: string): Promise<Tap> {
    const socket = connect(path)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', (err) => reject(gatewayErrors.TAP_LOST({ path }, err)))
    })
    return new Tap(socket)
  }

  /** Resolves when the harness has noted the records; rejects when it is gone, so that nothing is accepted untold. */
  tell(accepted: Accepted, rows: SampleColumns | readonly OutboxRecord[], catalog: readonly CatalogPoint[]): Promise<void> {
    if (this.#isLost) return Promise.reject(gatewayErrors.TAP_LOST())
    const line = JSON.stringify({ ...accepted, rows: 'count' in rows ? sampleRows(rows, catalog) : rows })
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#socket.write(`${line}\n`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

function sampleRows(samples: SampleColumns, catalog: readonly CatalogPoint[]): unknown[] {
  const names = new Map(catalog.map((point) => [point.alias, point]))
  return Array.from({ length: samples.count }, (_, i) => {
    const point = names.get(samples.key[i] as number)
    const value = samples.value[i] as number
    return [point?.device, point?.name, samples.timeMs[i], Number.isNaN(value) ? null : value, samples.quality[i]]
  })
}
