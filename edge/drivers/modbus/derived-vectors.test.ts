/* Published numbers that several registers of a device make together: read over a real socket, judged, computed and gated. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkValue } from '@orewatch/config'
import { SampleBuilder, samplesOf, systemClock } from '@orewatch/core'
import { type DeviceWiring, loadProfile, resolvePoints } from '@orewatch/firmware-adapters'
import { makeBank, startModbusServer } from '@orewatch/firmware-adapters/simulation'
import { silentLogger } from '@orewatch/observability'
import { expect, test } from 'vitest'
import { judgeOf } from '../../pipeline/derive.ts'
import { ModbusLineConfig } from './config.ts'
import { createModbusLine } from './index.ts'

interface DerivedCase {
  readonly title: string
  readonly profile: string
  /** Words from an address on, hexadecimal. */
  readonly holding: Readonly<Record<string, string>>
  readonly points: NonNullable<DeviceWiring['points']>
  readonly expected: Readonly<Record<string, { readonly value: number | null; readonly quality: number }>>
}

const FAMILIES = join(import.meta.dirname, '../../../firmware-adapters')
const cases = globSync('*/vectors/derived.json', { cwd: FAMILIES }).flatMap((file) => (JSON.parse(readFileSync(join(FAMILIES, file), 'utf8')) as { cases: DerivedCase[] }).cases)

test('the families have such vectors', () => {
  expect(cases.length).toBeGreaterThan(5)
  expect(cases.every(({ profile }) => existsSync(join(FAMILIES, profile.split('/')[0] ?? '')))).toBe(true)
})

test.each(cases)('$profile: $title', async ({ profile: id, holding, points: wiring, expected }) => {
  const profile = loadProfile(id)
  if (profile.protocol !== 'modbus') expect.unreachable()
  const points = resolvePoints(profile, { points: wiring })
  const bank = makeBank({ holding: 2000 })
  for (const [address, words] of Object.entries(holding))
    bank.holding.set(
      words.split(' ').map((word) => Number.parseInt(word, 16)),
      Number(address),
    )
  const server = await startModbusServer({ units: new Map([[1, bank]]) })
  const config = checkValue({ host: '127.0.0.1', port: server.port }, ModbusLineConfig, (path) => path.join('.'))
  const out = new SampleBuilder()
  const judge = judgeOf(points, { clock: 'gateway', maxSkewMs: 5_000 })
  const keys = Uint32Array.from(points, (_, i) => i)
  // What the driver hands on counts, batch by batch, as in the gateway.
  const read = Promise.withResolvers<void>()
  const sink = {
    readings: (_: string, readings: Parameters<typeof judge.judge>[0]) => {
      judge.judge(readings, { nowMs: systemClock.nowMs(), isTrusted: true }, keys, () => out)
      if (points.every((_point, i) => out.key.subarray(0, out.count).includes(i))) read.resolve()
    },
    state: () => {},
    event: () => {},
  }
  const line = createModbusLine(config, { clock: systemClock, log: silentLogger(), sink, ready: () => Promise.resolve() })
  line.setDevice({ id: 'device', unit: 1, quirks: profile.quirks, points: points.filter(({ source }) => source.kind !== 'computed') })
  line.start()
  try {
    await read.promise
    const found = Object.fromEntries(samplesOf(out).map(({ key, value, quality }) => [points[key]?.name ?? '', { value: Number.isNaN(value) ? null : value, quality }]))
    // Published to a centimetre or better; float32 registers and rounded tables differ behind it.
    const close = Object.entries(expected).map(([name, { value, quality }]) => [name, { value: value === null ? null : expect.closeTo(value, 2), quality }])
    expect(found).toMatchObject(Object.fromEntries(close))
  } finally {
    await line.stop()
    await server.close()
  }
})
