import { columnsOf, type Sample, SampleBuilder, samplesOf } from '@orewatch/core'
import fc from 'fast-check'
import sparkplug from 'sparkplug-payload'
import { expect, test } from 'vitest'
import { DataEncoder, decodeData } from './data-codec.ts'
import { encodePosition, decodePosition } from './outbox-wire.ts'
import { DATA_TYPES, encodePayload } from './payload-codec.ts'

const peer = sparkplug.get('spBv1.0') ?? expect.unreachable()

const sampleArbitrary: fc.Arbitrary<Sample> = fc
  .record({
    key: fc.integer({ min: 16, max: 2 ** 31 - 1 }),
    timeMs: fc.integer({ min: 0, max: 2 ** 45 }),
    value: fc.double({ noNaN: true }),
    quality: fc.integer({ min: 0, max: 9 }),
    reason: fc.integer({ min: 1, max: 20 }),
    flags: fc.constantFrom(0, 2, 4, 6),
    gatewayDeltaMs: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  })
  .map((s) => (s.quality === 0 ? { ...s, reason: 0 } : s))

test('what goes in comes out, whatever the values, qualities and flags', () => {
  const encoder = new DataEncoder()
  fc.assert(
    fc.property(fc.array(sampleArbitrary, { maxLength: 40 }), fc.integer({ min: 0, max: 255 }), (samples, seq) => {
      const message = decodeData(encoder.encode({ timestampMs: 5, seq }, columnsOf(samples)))
      expect(samplesOf(message.samples)).toEqual(samples)
      expect(message.seq).toBe(seq)
      expect(message.others).toEqual([])
    }),
  )
})

test('a sample without a value travels as null and never as good', () => {
  const builder = new SampleBuilder()
  builder.push(20, 1000, Number.NaN, 2, 1)
  const [sample] = samplesOf(decodeData(new DataEncoder().encode({ timestampMs: 1, seq: 0 }, builder)).samples)
  expect(sample).toMatchObject({ value: Number.NaN, quality: 2, reason: 1 })
})

test('the backlog is marked historical on every metric', () => {
  const builder = new SampleBuilder()
  builder.push(20, 1000, 1.5)
  const [sample] = samplesOf(decodeData(new DataEncoder().encode({ timestampMs: 1, seq: 0, isHistorical: true }, builder)).samples)
  expect(sample?.flags).toBe(1)
})

test('the position rides along and is handed out beside the samples', () => {
  const builder = new SampleBuilder()
  builder.push(20, 1000, 1.5)
  const position = { incarnation: '00ff00ff00ff00ff', stream: 'vital' as const, runs: [{ first: 7, count: 1 }] }
  const message = decodeData(new DataEncoder().encode({ timestampMs: 1, seq: 0, position: { alias: 1, bytes: encodePosition(position) } }, builder))
  expect(message.samples.count).toBe(1)
  expect(decodePosition(message.others[0]?.value as Uint8Array)).toEqual(position)
})

test('an independent decoder reads our messages', () => {
  const builder = new SampleBuilder()
  builder.push(20, 1_772_697_600_123, 24.5)
  builder.push(21, 1_772_697_600_123, 1)
  const types = new Uint8Array(22)
  types[21] = DATA_TYPES.Boolean
  const read = peer.decodePayload(new DataEncoder().encode({ timestampMs: 1_772_697_600_124, seq: 3, dataTypes: types }, builder))
  expect(Number(read.seq)).toBe(3)
  expect(read.metrics?.map((m) => [Number(m.alias), Number(m.timestamp), m.value])).toEqual([
    [20, 1_772_697_600_123, 24.5],
    [21, 1_772_697_600_123, true],
  ])
})

test('we read what an independent encoder writes, signed integers by their declared type', () => {
  const bytes = peer.encodePayload({
    timestamp: 1000,
    seq: 9,
    metrics: [
      { alias: 30, timestamp: 1001, type: 'Double', value: -2.25 },
      { alias: 31, timestamp: 1002, type: 'Int16', value: -7 },
      { alias: 32, timestamp: 1003, type: 'Boolean', value: true },
      { alias: 33, timestamp: 1004, type: 'Float', value: 0.5 },
      { alias: 34, timestamp: 1005, type: 'Int32', value: -123456 },
      { alias: 35, timestamp: 1006, type: 'UInt32', value: 4_000_000_000 },
    ],
  })
  const { samples } = decodeData(bytes)
  expect(samplesOf(samples).map((s) => [s.key, s.timeMs, s.value])).toEqual([
    [30, 1001, -2.25],
    [31, 1002, -7],
    [32, 1003, 1],
    [33, 1004, 0.5],
    [34, 1005, -123456],
    [35, 1006, 4_000_000_000],
  ])
})

test('text, bytes and integers beyond 2^53 are handed out whole, not squeezed into a number', () => {
  const bytes = encodePayload({
    metrics: [
      { alias: 40, dataType: DATA_TYPES.String, value: '通风' },
      { alias: 41, dataType: DATA_TYPES.UInt64, value: 2n ** 60n + 1n },
      { alias: 42, dataType: DATA_TYPES.Double, value: 1 },
    ],
    timestampMs: 5,
    seq: 1,
  })
  const { samples, others } = decodeData(bytes)
  expect(samples.count).toBe(1)
  expect(others.map((m) => m.value)).toEqual(['通风', 2n ** 60n + 1n])
})

test('cut anywhere, a message is refused and never read as something else', () => {
  const builder = new SampleBuilder()
  for (let i = 0; i < 3; i++) builder.push(20 + i, 1_772_697_600_000 + i, i + 0.5, i, i)
  const whole = new DataEncoder().encode({ timestampMs: 1_772_697_600_000, seq: 300 % 256 }, builder)
  const complete = samplesOf(decodeData(whole).samples)
  for (let length = 0; length < whole.length; length++) {
    let read: Sample[] = []
    try {
      read = samplesOf(decodeData(whole.subarray(0, length)).samples)
    } catch (err) {
      expect((err as { code: string }).code).toMatch(/^PROTOCOL_/)
    }
    // A cut between two metrics is a shorter message; within one it must not yield a value.
    expect(complete.slice(0, read.length)).toEqual(read)
  }
})

test("an alias beyond 32 bits is handed out whole, not cut down to another point's", () => {
  const bytes = encodePayload({
    metrics: [
      { alias: 2 ** 32 + 7, dataType: DATA_TYPES.Double, value: 1 },
      { alias: 2 ** 32 - 1, dataType: DATA_TYPES.Double, value: 2 },
    ],
    timestampMs: 5,
    seq: 1,
  })
  const { samples, others } = decodeData(bytes)
  expect(samplesOf(samples).map((s) => s.key)).toEqual([2 ** 32 - 1])
  expect(others).toMatchObject([{ alias: 2 ** 32 + 7, value: 1 }])
})
