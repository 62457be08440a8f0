/* Writes both lanes as fast as it can and prints `lane first count` after each acknowledged batch, until it is killed. */
import { writeSync } from 'node:fs'
import { silentLogger } from '@orewatch/observability'
import { openDuckDbStore } from '../index.ts'
import { batchOf, INCARNATION, LANES } from './lanes.ts'

const store = await openDuckDbStore({ directory: process.argv[2] as string, log: silentLogger(), memoryMb: 128, threads: 1 })
const stored = await store.storedRanges(1, INCARNATION)
await Promise.all(
  LANES.flatMap(({ stream }, lane) => {
    // It sends again what the last life may or may not have stored, as a gateway does.
    const from = Math.max(0, (stored.get(stream)?.[0]?.count ?? 0) - 500)
    let next = from
    return Array.from({ length: 4 }, async () => {
      for (;;) {
        const first = next
        const count = 20 + ((first * 7) % 300)
        next += count
        await store.write(batchOf(lane, first, count), [{ gateway: 1, incarnation: INCARNATION, stream, ranges: [{ first, count }] }])
        // writeSync: the line is in the pipe before the next event, so a kill cannot lose it.
        writeSync(1, `${lane} ${first} ${count}\n`)
      }
    })
  }),
)
