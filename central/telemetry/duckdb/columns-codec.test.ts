import { columnsOf, SampleBuilder, samplesOf } from '@orewatch/core'
import { expect, test } from 'vitest'
import { packColumns, ROW_BYTES, unpackColumns } from './columns-codec.ts'

const rows = [1, 2, 3].map((key) => ({ key, timeMs: 1.7e12 + key, value: key / 7, quality: key, reason: key + 10, flags: key + 20, gatewayDeltaMs: -key }))

test('packed columns read back as they were', () => {
  expect(samplesOf(unpackColumns(packColumns(columnsOf(rows)), 3))).toEqual(rows)
})

test('only the rows in use are packed', () => {
  const builder = new SampleBuilder(1_000)
  builder.append(columnsOf(rows))
  expect(packColumns(builder).byteLength).toBe(3 * ROW_BYTES)
})

test('nothing packs to nothing', () => {
  expect(unpackColumns(packColumns(columnsOf([])), 0).count).toBe(0)
})
