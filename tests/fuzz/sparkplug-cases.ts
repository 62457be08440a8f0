/* Sparkplug payloads to begin with, by our encoders and by sparkplug-payload, and messages of random fields. */
import { Q, SampleBuilder } from '@orewatch/core'
import { DATA_TYPES, DataEncoder, encodePayload, encodePosition, type Metric } from '@orewatch/protocol'
import sparkplug from 'sparkplug-payload'
import type { Dice } from '../dice.ts'
import { chance, mutateBytes, pick, randomBytes, randomDouble, randomInteger } from './mutators.ts'
import { contentField, integerField, readFields, type WireField, writeFields } from './wire-fields.ts'

const NOW_MS = 1_772_697_600_000
const NAMES = ['CO', 'Node Control/Rebirth', '一氧化碳', 'Outbox/Record', '', '__proto__', 'bdSeq'] as const
const PROPERTY_KEYS = ['q', 'Quality', 'reason', 'gatewayDelta', 'clock', 'engUnit', '__proto__', 'constructor'] as const
const encoder = new DataEncoder()

/** Encodes as a foreign gateway would. */
export const peerCodec = sparkplug.get('spBv1.0')

/** A payload, changed or not. */
export function makePayload(dice: Dice): Uint8Array {
  const bytes = pick(dice, [ownData, ownData, ownBirth, foreignPayload, randomPayload])(dice)
  if (chance(dice, 4)) return bytes
  return chance(dice, 33) ? mutateBytes(bytes, dice) : mutateFields(bytes, dice)
}

function ownData(dice: Dice): Uint8Array {
  const rows = new SampleBuilder()
  const count = dice.between(1, 12)
  for (let i = 0; i < count; i++) {
    const quality = chance(dice, 70) ? Q.good : dice.between(1, 9)
    const timeMs = chance(dice, 90) ? NOW_MS + dice.between(-100_000, 100_000) : dice.between(0, 2 ** 31)
    rows.push(dice.between(0, 400), timeMs, randomDouble(dice), quality, quality === 0 ? 0 : dice.between(1, 24), dice.between(0, 3) * 2, chance(dice, 80) ? 0 : dice.between(-5_000, 5_000))
  }
  const dataTypes = Uint8Array.from({ length: 400 }, (_, alias) => (alias % 7 === 0 ? DATA_TYPES.Boolean : 0))
  const position = { alias: 1, bytes: encodePosition({ incarnation: '00ff00ff00ff00ff', stream: 'vital', runs: [{ first: dice.between(0, 9_999), count }] }) }
  return encoder.encode({ timestampMs: NOW_MS, seq: dice.between(0, 255), ...(chance(dice, 60) && { position }), isHistorical: chance(dice, 20), dataTypes }, rows)
}

function ownBirth(dice: Dice): Uint8Array {
  const metrics = Array.from({ length: dice.between(0, 6) }, (): Metric => {
    const dataType = dice.between(1, 15)
    const properties = { engUnit: 'ppm', engLow: 0, engHigh: randomDouble(dice), retired: chance(dice, 50), big: BigInt.asIntN(64, randomInteger(dice)) }
    return { name: pick(dice, NAMES), alias: dice.between(0, 500), timestampMs: NOW_MS, dataType, value: valueOf(dice, dataType), ...(chance(dice, 60) && { properties }), isNull: chance(dice, 10) }
  })
  return encodePayload({ timestampMs: NOW_MS, seq: 0, metrics })
}

function valueOf(dice: Dice, dataType: number): number | bigint | boolean | string {
  if (dataType <= 3) return dice.between(-128, 127)
  if (dataType === 4 || dataType === 8 || dataType === 13) return randomInteger(dice)
  if (dataType <= 7) return dice.between(0, 255)
  if (dataType <= 10) return randomDouble(dice)
  return dataType === 11 ? chance(dice, 50) : pick(dice, NAMES)
}

function foreignPayload(dice: Dice): Uint8Array {
  const number = dice.between(-128, 127)
  const all = [
    { name: 'i8', type: 'Int8', value: number },
    { name: 'i16', type: 'Int16', value: number },
    { name: 'i32', type: 'Int32', value: number * 1_000 },
    { name: 'i64', type: 'Int64', value: Math.abs(number) },
    { name: 'u8', type: 'UInt8', value: Math.abs(number) },
    { name: 'u32', type: 'UInt32', value: 4_000_000_000 },
    { name: 'u64', type: 'UInt64', value: 2 ** 40 },
    { alias: dice.between(0, 99), type: 'Float', value: Math.fround(randomDouble(dice)) },
    { alias: dice.between(0, 99), type: 'Double', value: randomDouble(dice) },
    { alias: 3, type: 'Boolean', value: chance(dice, 50) },
    { name: 's', type: 'String', value: pick(dice, NAMES) },
    { name: 'when', type: 'DateTime', value: NOW_MS },
    { name: 'bytes', type: 'Bytes', value: Buffer.from(randomBytes(dice, 5)) },
    { name: 'null', type: 'Double', value: null },
    { name: 'set', type: 'DataSet', value: { numOfColumns: 1, types: ['Int32'], columns: ['a'], rows: [[1]] } },
    {
      alias: 9,
      type: 'Int32',
      value: number,
      timestamp: NOW_MS,
      isHistorical: true,
      properties: { Quality: { type: 'Int32', value: pick(dice, [0, 192, 500]) }, q: { type: 'Int32', value: dice.between(-2, 11) } },
    },
    { name: 'meta', type: 'Int32', value: 1, isTransient: true, metadata: { contentType: 'x', size: 4 } },
  ] as const
  const metrics = Array.from({ length: dice.between(0, 5) }, () => pick(dice, all))
  return peerCodec?.encodePayload({ timestamp: NOW_MS, seq: dice.between(0, 255), metrics, ...(chance(dice, 20) && { uuid: 'u', body: randomBytes(dice, 3) }) }) ?? new Uint8Array(0)
}

const METRIC_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 10, 10, 11, 11, 12, 13, 13, 14, 15, 16, 17, 18, 19, 20, 2_000] as const

function randomPayload(dice: Dice): Uint8Array {
  const metrics = Array.from({ length: dice.between(0, 4) }, () => {
    const fields = Array.from({ length: dice.between(0, 7) }, () => randomMetricField(dice))
    return contentField(2, 2, writeFields(fields, chance(dice, 10) ? dice.between(1, 8) : 0))
  })
  return writeFields([integerField(1, BigInt(NOW_MS)), ...metrics, integerField(3, BigInt(dice.between(0, 255)))], chance(dice, 5) ? dice.between(1, 8) : 0)
}

function randomMetricField(dice: Dice): WireField {
  const number = pick(dice, METRIC_NUMBERS)
  if (chance(dice, 5)) return contentField(number, pick(dice, [1, 2, 5]), randomBytes(dice, pick(dice, [4, 8])))
  if (number === 9) return contentField(9, 2, randomProperties(dice))
  if (number === 12) return contentField(12, 5, randomBytes(dice, 4))
  if (number === 13) {
    const value = Buffer.alloc(8)
    value.writeDoubleLE(randomDouble(dice))
    return contentField(13, 1, value)
  }
  if (number === 1 || number === 15) return contentField(number, 2, chance(dice, 80) ? Buffer.from(pick(dice, NAMES)) : randomBytes(dice, dice.between(0, 6)))
  if (number >= 16 || number === 8) return contentField(number, 2, randomBytes(dice, dice.between(0, 6)))
  if (number === 2 || number === 3) return integerField(number, chance(dice, 90) ? BigInt(dice.between(0, 70_000)) : randomInteger(dice))
  return integerField(number, number === 4 && chance(dice, 90) ? BigInt(dice.between(0, 20)) : randomInteger(dice))
}

function randomProperties(dice: Dice): Uint8Array {
  const count = dice.between(0, 3)
  const keys = Array.from({ length: count }, () => contentField(1, 2, Buffer.from(pick(dice, PROPERTY_KEYS))))
  const values = Array.from({ length: chance(dice, 90) ? count : dice.between(0, 3) }, () =>
    contentField(2, 2, writeFields(Array.from({ length: dice.between(0, 4) }, () => randomPropertyField(dice)))),
  )
  return writeFields(chance(dice, 80) ? [...keys, ...values] : dice.shuffle([...keys, ...values]))
}

function randomPropertyField(dice: Dice): WireField {
  const number = dice.between(1, 10)
  if (number === 5) return contentField(5, 5, randomBytes(dice, 4))
  if (number === 6) {
    const value = Buffer.alloc(8)
    value.writeDoubleLE(randomDouble(dice))
    return contentField(6, 1, value)
  }
  if (number === 8) return contentField(8, 2, Buffer.from(pick(dice, ['timeout', 'nonsense', ''])))
  if (number > 8) return contentField(number, 2, randomBytes(dice, dice.between(0, 3)))
  return integerField(number, number === 1 ? BigInt(dice.between(0, 14)) : randomInteger(dice))
}

/** Changes that keep lengths right: a field changed, dropped, doubled or moved, at any depth. */
function mutateFields(bytes: Uint8Array, dice: Dice): Uint8Array {
  const fields = readFields(bytes)
  if (fields === undefined || fields.length === 0) return mutateBytes(bytes, dice)
  const at = dice.between(0, fields.length - 1)
  const field = fields[at] as WireField
  const change = dice.between(0, 9)
  if (change === 0) fields.splice(at, 1)
  else if (change === 1) fields.splice(dice.between(0, fields.length), 0, field)
  else if (change === 2) return writeFields(dice.shuffle(fields))
  else if (change === 3) fields.splice(at, 0, randomMetricField(dice))
  else if (change === 4) return writeFields(fields, dice.between(1, 8))
  else if (field.wireType === 0) fields[at] = integerField(field.number, randomInteger(dice))
  else if (field.content.length > 0) fields[at] = contentField(field.number, field.wireType, changedContent(field, dice))
  return writeFields(fields)
}

function changedContent(field: WireField, dice: Dice): Uint8Array {
  if (field.wireType !== 2) return randomBytes(dice, field.content.length)
  return chance(dice, 70) ? mutateFields(field.content, dice) : mutateBytes(field.content, dice, 2)
}
