/* Outboxes of gateways with a backlog, on disk as the gateway keeps them: what fills them and what drains them agree here. */
import { join } from 'node:path'
import { SampleBuilder, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { POINT_PROPERTIES } from '@orewatch/protocol'
import { openOutbox, type Outbox } from '../../edge/outbox/index.ts'
import { pointCodeOf, UNIT, valueOf } from './names.ts'

/** What the backlog is made of; the command line of both programs, as JSON. */
export interface BacklogOptions {
  readonly directory: string
  readonly gateways: number
  readonly points: number
  readonly periodMs: number
  /** UTC ms of the first reading and one behind the last. */
  readonly fromMs: number
  readonly toMs: number
}

/** The device whose points all samples are of. */
export const DEVICE = 'd-1'

/** Opens the outbox of gateway `index`. */
export async function openBenchOutbox(directory: string, index: number): Promise<Outbox> {
  return await openOutbox({ directory: join(directory, `outbox-${index + 1}`), clock: systemClock, log: silentLogger() })
}

/** Aliases of a gateway's points; the same in every program that opens the outbox. */
export function aliasesOf(outbox: Outbox, index: number, points: number): number[] {
  return Array.from({ length: points }, (_, serial) =>
    outbox.alias({
      device: DEVICE,
      name: `p-${serial + 1}`,
      isBoolean: false,
      properties: { [POINT_PROPERTIES.pointCode]: pointCodeOf(index, serial), [POINT_PROPERTIES.unit]: UNIT, [POINT_PROPERTIES.periodMs]: 1_000 },
    }),
  )
}

/** One reading of all points of a gateway at one time; one in a hundred is not good. */
export function readAll(rows: SampleBuilder, aliases: readonly number[], timeMs: number): void {
  for (const [serial, alias] of aliases.entries()) {
    const isBad = (serial + timeMs / 1_000) % 100 === 0
    rows.push(alias, timeMs, valueOf(serial, timeMs), isBad ? 4 : 0, isBad ? 7 : 0)
  }
}
