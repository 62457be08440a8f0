/* Fills the outboxes of all gateways through the real append, and ends. Arguments: one JSON of BacklogOptions. */
import { SampleBuilder } from '@orewatch/core'
import { aliasesOf, type BacklogOptions, openBenchOutbox, readAll } from './outboxes.ts'

// Appends under way: each is one reading of all points, as a driver makes it.
const IN_FLIGHT = 50

const options = JSON.parse(process.argv[2] ?? '{}') as BacklogOptions
let samples = 0
for (let index = 0; index < options.gateways; index++) {
  const outbox = await openBenchOutbox(options.directory, index)
  const aliases = aliasesOf(outbox, index, options.points)
  let timeMs = options.fromMs
  const lane = async (): Promise<void> => {
    const rows = new SampleBuilder(options.points)
    while (timeMs < options.toMs) {
      rows.clear()
      readAll(rows, aliases, timeMs)
      timeMs += options.periodMs
      const { count } = await outbox.append('routine', rows)
      samples += count
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  await outbox.close()
}
process.send?.({ samples })
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => process.exit(0))
