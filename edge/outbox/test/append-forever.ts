/*
 * Appends to an outbox until it is killed, and says on standard output what was accepted:
 * `<stream> <first position> <count> <first value>` a line. Arguments: directory, first value.
 */
import { writeSync } from 'node:fs'
import { columnsOf, systemClock } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { openOutbox } from '../index.ts'
import { healthySamples } from './outbox-site.ts'

const [directory = '', start = '0'] = process.argv.slice(2)
let number = Number(start)
const outbox = await openOutbox({ directory, clock: systemClock, log: silentLogger(), syncIntervalMs: 1, segmentBytes: 64 * 1024 })

async function appendSamples(stream: 'vital' | 'routine', count: number): Promise<void> {
  const from = number
  number += count
  const { first } = await outbox.append(stream, columnsOf(healthySamples(count, from)))
  writeSync(1, `${stream} ${first} ${count} ${from}\n`)
}

async function appendEvent(): Promise<void> {
  const from = number++
  const { first } = await outbox.appendRecords('event', [{ schema: 'test.number/1', timeMs: from, body: { number: from } }])
  writeSync(1, `event ${first} 1 ${from}\n`)
}

async function forever(append: () => Promise<void>): Promise<never> {
  for (;;) await append()
}

writeSync(1, 'ready\n')
await Promise.all([forever(() => appendSamples('vital', 1)), forever(() => appendSamples('routine', 1 + (number % 700))), forever(() => appendSamples('routine', 30)), forever(appendEvent)])
