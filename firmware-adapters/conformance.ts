/*
 * What every family must fulfil, run by its profile.test.ts in one line. Decodes the family's vectors by the book
 * (DataView, big-endian, one function per rule), on purpose without the gateway's decoder and the simulator's encoder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseYaml } from '@orewatch/config'
import { type Static, type TSchema, Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { parseProfile } from './load-profile.ts'
import type { ModbusSource, ResolvedPoint, WordOrder as Order } from './profile.ts'
import { WordOrder } from './profile.ts'
import { resolvePoints } from './resolve.ts'

/** Runs the conformance suite on the folder of a family. */
export function describeProfile(folder: string): void {
  const id = basename(folder)
  const files = readdirSync(folder).filter((name) => /^profile(-[a-z0-9-]+)?\.yaml$/.test(name))
  describe(`family ${id}`, () => {
    test.each(files)('%s passes the profile check', (file) => {
      expect(load(folder, file).id.split('/')[0]).toBe(id)
    })

    test.each(files)('%s gives every fixed point of the family all defaults', (file) => {
      const profile = load(folder, file)
      const points = profile.points.length === 0 ? [] : resolvePoints(profile)
      expect(points.filter((point) => point.unit === '' || point.periodMs <= 0 || point.title.zh === '' || point.title.en === '')).toEqual([])
    })

    test('the manifest names the folder', () => {
      expect(readJson(join(folder, 'manifest.json'), Manifest)).toMatchObject({ id, family: 'firmware-adapters' })
    })

    test('the README has the five headings in order', () => {
      const headings = readFileSync(join(folder, 'README.md'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('## '))
      expect(headings).toEqual(['## What it does', '## Configuration', '## Limits', '## Troubleshooting', '## How it is tested'])
    })

    test('there is a simulator and at least one file of vectors', () => {
      expect(existsSync(join(folder, 'simulator.ts'))).toBe(true)
      expect(readdirSync(join(folder, 'vectors')).length).toBeGreaterThan(0)
    })

    const blocks = readBlocks(folder)
    if (blocks.length > 0) {
      test.each(blocks)('vector: $title', (block) => {
        const point = pointOf(folder, block)
        const words = block.words.split(' ').map((word) => Number.parseInt(word, 16))
        expect(decodeByTheBook(point, words)).toEqual({ value: block.value ?? expect.anything(), quality: block.quality })
      })
    }
  })
}

const Manifest = Type.Object(
  {
    id: Type.String(),
    title: Type.Object({ zh: Type.String({ minLength: 1 }), en: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
    family: Type.String(),
    protocols: Type.Array(Type.String(), { minItems: 1 }),
    maturity: Type.Union([Type.Literal('experimental'), Type.Literal('beta'), Type.Literal('stable')]),
    since: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+$' }),
  },
  { additionalProperties: false },
)

/** One sensor block of `vectors/blocks.json`: registers as published and what they must become. */
export const BlockVector = Type.Object(
  {
    title: Type.String(),
    profile: Type.String(),
    wordOrder: WordOrder,
    /** A fixed point by its name, or `sensorType`: the class of a sensor in slot 1 of the template. */
    point: Type.Optional(Type.String()),
    sensorType: Type.Optional(Type.String()),
    /** Template of the sensor; the only one when absent. */
    template: Type.Optional(Type.String()),
    /** Range of the current loop, where the template leaves it to the wiring. */
    loop: Type.Optional(Type.Object({ lo: Type.Number(), hi: Type.Number() }, { additionalProperties: false })),
    /** Address of the first word; 0 when absent. */
    address: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Ratios of the transformers; 1 when absent. */
    ctRatio: Type.Optional(Type.Number()),
    ptRatio: Type.Optional(Type.Number()),
    words: Type.String({ pattern: '^[0-9a-f]{4}( [0-9a-f]{4})*$' }),
    value: Type.Union([Type.Number(), Type.Null()]),
    quality: Type.Integer(),
  },
  { additionalProperties: false },
)
export type BlockVector = Static<typeof BlockVector>

const Blocks = Type.Object({ about: Type.String(), blocks: Type.Array(BlockVector) }, { additionalProperties: false })

/** The block vectors of a family; none where it has no `vectors/blocks.json`. */
export function readBlocks(folder: string): BlockVector[] {
  const file = join(folder, 'vectors', 'blocks.json')
  return existsSync(file) ? readJson(file, Blocks).blocks : []
}

function load(folder: string, file: string): ReturnType<typeof parseProfile> {
  return parseProfile(readFileSync(join(folder, file), 'utf8'), join(folder, file))
}

// JSON is YAML, so the same reader gives errors with file and line.
function readJson<S extends TSchema>(file: string, schema: S): Static<S> {
  return parseYaml(readFileSync(file, 'utf8'), schema, file).value
}

function pointOf(folder: string, block: BlockVector): ResolvedPoint {
  const variant = block.profile.split('/')[1]
  const profile = load(folder, variant === undefined ? 'profile.yaml' : `profile-${variant}.yaml`)
  const { template, sensorType, loop } = block
  const sensor = { slot: 1, ...(template !== undefined && { template }), ...(sensorType !== undefined && { sensorType }), ...(loop !== undefined && { loop }), gates: [] }
  const wiring = block.point === undefined ? sensor : { use: block.point }
  const ratios = { ...(block.ctRatio !== undefined && { ctRatio: block.ctRatio }), ...(block.ptRatio !== undefined && { ptRatio: block.ptRatio }) }
  const [point] = resolvePoints(profile, { options: { wordOrder: block.wordOrder, addressOffset: -(block.address ?? 0), ...ratios }, points: [wiring] })
  expect(point).toBeDefined()
  return point as ResolvedPoint
}

function decodeByTheBook(point: ResolvedPoint, words: readonly number[]): { value: number; quality: number } {
  if (point.source.kind !== 'modbus') expect.fail('block vectors are for Modbus')
  const source = point.source.modbus
  const raw = rawValue(source, words)
  const scaled = raw * point.scale + point.offset
  // NAMUR NE 43: outside 3.6–21 mA the loop is broken.
  if (point.loop !== undefined && (scaled < 3.6 || scaled > 21)) return { value: Number.NaN, quality: 4 }
  const measured = point.loop === undefined ? scaled : point.loop.lo + ((scaled - 4) / 16) * (point.loop.hi - point.loop.lo)
  const exact = measured * (point.ratio ?? 1)
  // Twelve digits of a scaled integer: 123456 × 0.0001 is 12.345600000000001 in binary and 12.3456 in the book.
  const value = source.type.startsWith('float') ? exact : Number(exact.toPrecision(12))
  const fault = source.faultCodes?.find((code) => code.raw === raw)
  return { value, quality: statusQuality(source, words) ?? fault?.quality ?? 0 }
}

function statusQuality({ status }: ModbusSource, words: readonly number[]): number | undefined {
  if (status === undefined) return undefined
  const word = words[status.address] ?? 0
  const isSet = ({ bit }: { bit: number }): boolean => Math.floor(word / 2 ** bit) % 2 === 1
  const set = status.bits.find(isSet)
  if (set !== undefined) return set.quality
  return status.clearBits?.find((clear) => !isSet(clear))?.quality
}

function rawValue({ address, type, bit = 0, wordOrder = 'ABCD' }: ModbusSource, words: readonly number[]): number {
  const bytes = words.flatMap((word) => [word >> 8, word & 0xff])
  const at = 2 * address
  if (type === 'int16') return new DataView(Uint8Array.from(bytes).buffer).getInt16(at)
  if (type === 'uint16') return new DataView(Uint8Array.from(bytes).buffer).getUint16(at)
  if (type === 'bit') return Math.floor(new DataView(Uint8Array.from(bytes).buffer).getUint16(at) / 2 ** bit) % 2
  if (type !== 'float32' && type !== 'int32' && type !== 'uint32') expect.fail(`vectors of type ${type} need a decoder here`)
  const ordered = LETTERS[wordOrder].map((from) => bytes[at + from] ?? 0)
  const view = new DataView(Uint8Array.from(ordered).buffer)
  if (type === 'float32') return view.getFloat32(0)
  return type === 'int32' ? view.getInt32(0) : view.getUint32(0)
}

// Where the bytes A, B, C, D of the number stand on the wire.
const LETTERS: Readonly<Record<Order, readonly number[]>> = { ABCD: [0, 1, 2, 3], CDAB: [2, 3, 0, 1], BADC: [1, 0, 3, 2], DCBA: [3, 2, 1, 0] }
