/* Profiles and configuration to begin with, and changes that people, editors and templates make to YAML. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dice } from '../dice.ts'
import type { FuzzCase } from './kind.ts'
import { chance, mutateBytes, pick } from './mutators.ts'

/** A text and what it is to be read as. */
export interface DocumentCase extends FuzzCase {
  readonly form: 'profile' | 'gateway' | 'central' | 'fixtures'
}

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const SMALL_PROFILE = `id: own
title: { zh: 自有, en: own }
protocol: modbus
wordOrder: CDAB
points:
  - name: co-1
    sensorType: "0101"
    title: { zh: 一氧化碳, en: CO }
    scale: 0.1
    rangeLo: 0
    rangeHi: 500
    modbus: { area: holding, address: 10, type: uint16, faultCodes: [{ raw: 65535, quality: 2 }] }
  - name: temperature
    sensorType: "0111"
    title: { zh: 温度, en: temperature }
    modbus: { area: input, address: 20, type: float32, status: { address: 22, bits: [{ bit: 3, quality: 4 }] } }
templates:
  - id: sensor
    title: { zh: 传感器, en: sensor }
    base: 100
    stride: 10
    slots: 8
    sensorTypes: ["0101", "0102"]
    modbus: { area: holding, address: 0, type: float32 }
`
const SMALL_GATEWAY = `gateway: { group: "990121", node: gw-u1, subject: "990121100001" }
dataDirectory: gw-u1
uplink:
  url: mqtt://127.0.0.1:11883
probes: { port: 9464 }
lines:
  - id: gas
    modbus: { transport: tcp, host: 127.0.0.1, port: 15020 }
  - id: plc
    opcua: { endpoint: "opc.tcp://127.0.0.1:14840" }
devices:
  - id: gas-1
    line: gas
    unit: 1
    profile: gas-substation
    options: { wordOrder: CDAB, addressOffset: 0 }
    points:
      - { slot: 1, sensorType: "0101", name: co-return, place: 回风巷, pointCode: "9901211000010101010001", periodMs: 1000 }
      - { slot: 2, sensorType: "0102", name: no2-face, rangeHi: 10 }
`
const DOCUMENTS: readonly (readonly [DocumentCase['form'], string])[] = [
  ['profile', SMALL_PROFILE],
  ['profile', SMALL_PROFILE],
  ['profile', read('firmware-adapters/gas-substation/profile-scaled.yaml')],
  ['profile', read('firmware-adapters/gas-substation/profile.yaml')],
  ['gateway', SMALL_GATEWAY],
  ['gateway', SMALL_GATEWAY],
  ['central', read('central/settings/example.yaml')],
  ['fixtures', read('examples/demo-mine/county.yaml')],
]

const WORDS = [
  '',
  'null',
  '~',
  'true',
  'no',
  '0',
  '-1',
  '1e400',
  '.nan',
  '-.inf',
  '0x1F',
  '0o17',
  '65535',
  '65536',
  '9007199254740993',
  '""',
  '[]',
  '{}',
  '[1, 2]',
  '{ a: b }',
  '"0101"',
  '0101',
  'modbus',
  'opcua',
  'ABCD',
  'float32',
  'int64',
  'bit',
  'coil',
  '*a',
  '&a x',
  '!!binary aGk=',
  '!!set {a}',
  '!!float 1',
  '2026-03-05',
  '<<',
  '__proto__',
  'constructor',
  '一氧化碳',
  '\u0000',
  '\ud83d\ude00',
  '"\\u2028"',
  '../../etc/passwd',
  '0.0.0.0',
  'gas-substation/scaled',
] as const

const NUMBERS = ['0', '1', '2', '-1', '3.5', '10', '64', '255', '4096', '65535', '1e6'] as const

const LINES = [
  'unknown: 1',
  '  - 1',
  '- { a: 1 }',
  '? [a, b]',
  ': x',
  '<<: *a',
  'a: &a [*a]',
  '__proto__: { scale: 0 }',
  'x: [&b [1,1,1,1], *b, *b, *b]',
  '---',
  '...',
  '%YAML 1.1',
  '\t- tab',
  '# only a comment',
  'points: []',
  'templates: []',
  'devices:',
  'id: two',
  '*a : 1',
  '? : 2',
  '&k a: *k',
] as const

type TextMutator = (lines: string[], dice: Dice) => void

const TEXT_MUTATORS: readonly TextMutator[] = [
  (lines, dice) => {
    lines.splice(dice.between(0, lines.length - 1), 1)
  },
  (lines, dice) => {
    const at = dice.between(0, lines.length - 1)
    lines.splice(at, 0, lines[at] as string)
  },
  (lines, dice) => {
    lines.splice(dice.between(0, lines.length), 0, `${' '.repeat(dice.between(0, 3) * 2)}${pick(dice, LINES)}`)
  },
  (lines, dice) => {
    const at = dice.between(0, lines.length - 1)
    lines[at] = chance(dice, 50) ? ` ${lines[at]}` : (lines[at] as string).replace(/^ {1,2}/, '')
  },
  (lines, dice) => {
    const [a, b] = [dice.between(0, lines.length - 1), dice.between(0, lines.length - 1)]
    const held = lines[a] as string
    lines[a] = lines[b] as string
    lines[b] = held
  },
  (lines, dice) => replaceOne(lines, dice, /(?<=: |\[|, )[^,{}[\]:#]+/g, () => pick(dice, WORDS)),
  (lines, dice) => replaceOne(lines, dice, /(?<![\w"])-?\d+(\.\d+)?(?![\w"])/g, () => pick(dice, NUMBERS)),
  (lines, dice) => replaceOne(lines, dice, /(?<![\w"])-?\d+(\.\d+)?(?![\w"])/g, () => String(dice.between(0, 70_000))),
  (lines, dice) => replaceOne(lines, dice, /[A-Za-z]\w+(?=:)/g, (key) => (chance(dice, 50) ? key.slice(0, -1) : pick(dice, WORDS))),
  (lines, dice) => replaceOne(lines, dice, /[{}[\]:,"#]/g, () => pick(dice, ['{', '}', '[', ']', ':', ',', '"', '#', ''])),
]

/** A document, changed. */
export function makeDocumentCase(dice: Dice): DocumentCase {
  const [form, text] = pick(dice, DOCUMENTS)
  if (chance(dice, 8)) return { form, bytes: mutateBytes(Buffer.from(text), dice) }
  const lines = text.split('\n')
  for (let left = chance(dice, 70) ? 1 : dice.between(2, 4); left > 0 && lines.length > 0; left--) pick(dice, TEXT_MUTATORS)(lines, dice)
  return { form, bytes: Buffer.from(lines.join('\n')) }
}

function replaceOne(lines: string[], dice: Dice, pattern: RegExp, by: (found: string) => string): void {
  const at = dice.between(0, lines.length - 1)
  const line = lines[at] as string
  const places = [...line.matchAll(pattern)]
  if (places.length === 0) return
  const { index, 0: found } = pick(dice, places)
  lines[at] = line.slice(0, index) + by(found) + line.slice(index + found.length)
}
