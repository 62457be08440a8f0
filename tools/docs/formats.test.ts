// The bytes that docs/formats shows are those that the code writes and reads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { columnsOf } from '@orewatch/core'
import { DataEncoder, decodeData, decodePosition, decodeStored } from '@orewatch/protocol'
import { expect, test } from 'vitest'

const page = readFileSync(join(import.meta.dirname, '../../docs/formats/sparkplug.md'), 'utf8')

/** The bytes at the beginning of the lines of the block that begins with `start`. */
function bytesOf(start: string): Uint8Array<ArrayBuffer> {
  const block = page.slice(page.indexOf(`\n${start}`) + 1).split(/\n(?:\n|```)/)[0] ?? ''
  const hex = block.split('\n').flatMap((line) => /^\s*((?:[0-9a-f]{2} {1,3})*[0-9a-f]{2})(?:\s|$)/.exec(line)?.[1]?.split(/ +/) ?? [])
  return Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16))
}

const MESSAGE = '08 fa d1 ea b6 b7 33'
const POSITION = '01  01 23 45 67 89 ab cd ef  02  02  e8 07 02'
const STORED = '01  01 23 45 67 89 ab cd ef  01  02   00 01 00 03   02 02'

test('the example of a data message holds the sample that the page says', () => {
  const { samples, seq } = decodeData(bytesOf(MESSAGE))
  expect({ seq, count: samples.count, key: samples.key[0], value: samples.value[0], timeMs: samples.timeMs[0] }).toEqual({ seq: 5, count: 1, key: 7, value: 24.5, timeMs: Date.UTC(2026, 0, 1) })
})

test('the encoder writes the example byte by byte', () => {
  const bytes = bytesOf(MESSAGE)
  const position = bytes.subarray(bytes.length - 2 - 14, bytes.length - 2)
  const columns = columnsOf([{ key: 7, timeMs: Date.UTC(2026, 0, 1), value: 24.5, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }])
  expect(new DataEncoder().encode({ timestampMs: decodeData(bytes).timestampMs ?? Number.NaN, seq: 5, position: { alias: 1, bytes: position } }, columns)).toEqual(bytes)
})

test('the example of positions and of the acknowledgement read as the page says', () => {
  expect(decodePosition(bytesOf(POSITION))).toMatchObject({ incarnation: '0123456789abcdef' })
  const stored = decodeStored(bytesOf(STORED))
  expect([stored.incarnation, stored.isComplete, stored.streams.size]).toEqual(['0123456789abcdef', true, 2])
})
