/* The published sensor blocks of every Modbus family, read over a real socket by the driver and judged by the pipeline. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@orewatch/core'
import { loadProfile, resolvePoints, type WordOrder } from '@orewatch/firmware-adapters'
import { makeBank, startModbusServer } from '@orewatch/firmware-adapters/simulation'
import { silentLogger } from '@orewatch/observability'
import { expect, test } from 'vitest'
import { measure } from '../../pipeline/judge.ts'
import { createModbusLine } from './index.ts'
import { ModbusLineConfig } from './config.ts'
import { checkValue } from '@orewatch/config'

interface Block {
  readonly title: string
  readonly profile: string
  readonly wordOrder: WordOrder
  readonly sensorType?: string
  readonly point?: string
  readonly template?: string
  readonly loop?: { readonly lo: number; readonly hi: number }
  readonly address?: number
  readonly ctRatio?: number
  readonly ptRatio?: number
  readonly words: string
  readonly value: number | null
  readonly quality: number
}

const FAMILIES = join(import.meta.dirname, '../../../firmware-adapters')
const blocks = readdirSync(FAMILIES)
  .map((family) => join(FAMILIES, family, 'vectors/blocks.json'))
  .filter((file) => existsSync(file))
  .flatMap((file) => (JSON.parse(readFileSync(file, 'utf8')) as { blocks: readonly Block[] }).blocks)

test.each(blocks)('$profile: $title', async ({ profile: id, wordOrder, sensorType, point: use, template, loop, address = 0, ctRatio, ptRatio, words, value, quality }) => {
  const profile = loadProfile(id)
  const options = { wordOrder, addressOffset: -address, ...(ctRatio !== undefined && { ctRatio }), ...(ptRatio !== undefined && { ptRatio }) }
  // Gates are other points of the device, which a single vector does not have.
  const sensor = { slot: 1, name: 'sensor', gates: [], ...(sensorType !== undefined && { sensorType }), ...(template !== undefined && { template }), ...(loop !== undefined && { loop }) }
  const [point] = resolvePoints(profile, { options, points: [use === undefined ? sensor : { use }] })
  if (point === undefined || profile.protocol !== 'modbus') expect.unreachable()
  const bank = makeBank({ holding: 32 })
  bank.holding.set(words.split(' ').map((word) => Number.parseInt(word, 16)))
  await using server = closing(await startModbusServer({ units: new Map([[1, bank]]) }))
  const config = checkValue({ host: '127.0.0.1', port: server.port }, ModbusLineConfig, (path) => path.join('.'))
  const line = createModbusLine(config, { clock: systemClock, log: silentLogger(), sink: { readings: () => {}, state: () => {}, event: () => {} }, ready: () => Promise.resolve() })
  line.setDevice({ id: 'device', unit: 1, quirks: profile.quirks, points: [point] })
  line.start()
  try {
    const [reading] = await line.readOnce('device', AbortSignal.timeout(10_000))
    if (reading === undefined) expect.unreachable()
    const sample = measure(point, reading.value, reading.quality, reading.reason)
    expect({ value: Number.isNaN(sample.value) ? null : sample.value, quality: sample.q }).toEqual({ value, quality })
  } finally {
    await line.stop()
  }
})

function closing<T extends { close(): Promise<void> }>(server: T): T & AsyncDisposable {
  return Object.assign(server, { [Symbol.asyncDispose]: () => server.close() })
}
