// The profile check: each mistake in a file gives one line that says where, what, and what would be right.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@orewatch/core'
import { expect, test } from 'vitest'
import { listProfiles, loadProfile, parseProfile } from './load-profile.ts'

const HEAD = `id: test
title: { zh: 测试, en: test }
protocol: modbus
`
const POINT = '{ name: co, sensorType: "0101", title: { zh: 一, en: one }, modbus: { area: holding, address: 0, type: float32 } }'

function problemsOf(text: string): readonly string[] {
  try {
    parseProfile(text, 'p.yaml')
  } catch (err) {
    if (err instanceof ConfigError) return err.problems
    throw err
  }
  return []
}

/** One point on line 5 with other fields than POINT's. */
function modbus(fields: string, type = '"0101"', more = ''): string {
  return `${HEAD}points:\n  - { name: co, sensorType: ${type}, title: { zh: 一, en: one }, ${more}modbus: { area: holding, address: 0, type: float32, ${fields} } }\n`
}

function check(text: string, ...expected: string[]): void {
  const problems = problemsOf(text)
  expect(problems.length).toBe(expected.length)
  for (const [i, words] of expected.entries()) expect(problems[i]).toContain(words)
}

test('a right profile has no problem', () => check(`${HEAD}points:\n  - ${POINT}\n`))
test('the protocol decides the schema', () => check('id: a\ntitle: { zh: 一, en: a }\nprotocol: modbas\n', 'p.yaml:3: protocol is "modbas"; it must be one of "modbus", "opcua"'))
test('a mistyped key names the nearest', () => check(`${HEAD}pionts: []\n`, 'p.yaml:4: pionts is not a known key; did you mean points?'))
test('a profile without points says so', () => check(HEAD, 'neither points nor templates'))
test('a name is unique', () => check(`${HEAD}points:\n  - ${POINT}\n  - ${POINT.replace('address: 0', 'address: 2')}\n`, 'p.yaml:6: name co is taken by points[0]; it must be unique'))
test('a class outside T-20 names the nearest', () => check(modbus('', '"0100"'), 'p.yaml:5: 0100 is not a class of the code list T-20; did you mean 0101 (carbon monoxide)?'))
test('a class without quotes is a number and refused', () => check(modbus('', '201'), 'p.yaml:5: points[0].sensorType is 201; it must be of type string'))
test('the unit is that of the class', () => check(modbus('', '"0101"', 'unit: mg/m³, '), 'p.yaml:5: unit mg/m³ is not that of class 0101 (carbon monoxide); write ppm'))
test('a bit needs its number', () => check(modbus('').replace('float32', 'bit').replace('0101', '0203'), 'p.yaml:5: type bit of a register needs the key bit, 0–15'))
test('a number of a bit needs type bit', () => check(modbus('bit: 3'), 'p.yaml:5: bit 3 has no meaning for type float32'))
test('a bit is no measurement', () => check(modbus('bit: 3').replace('float32', 'bit'), 'is measured in ppm; a bit fits only classes of unit bool'))
test('coils hold bits', () => check(modbus('').replace('holding', 'coil'), 'area coil holds single bits; type must be bit, not float32'))
test('a range that the register cannot reach', () =>
  check(modbus('', '"0101"', 'scale: 0.001, ').replace('float32', 'int16'), 'p.yaml:5: int16 × 0.001 + 0 reaches only -32.768…32.767, but the range is 0…500 ppm'))
test('an unsigned register below zero', () => check(modbus('', '"0111"', 'scale: 0.1, ').replace('float32', 'uint16'), 'uint16 × 0.1 + 0 reaches only 0…6553.5, but the range is -20…100 ℃'))
test('an empty range', () => check(modbus('', '"0101"', 'rangeLo: 600, '), 'p.yaml:5: range 600…500 ppm is empty'))
test('a ratio fits only what is measured through transformers', () => check(modbus('', '"0101"', 'ratio: [ct], '), 'p.yaml:5: class 0101 (carbon monoxide) is not measured through transformers'))
test('a state does not count', () => check(modbus('bit: 0', '"1007"', 'counter: { rollOver: 1 }, ').replace('float32', 'bit'), 'p.yaml:5: class 1007 (switch state) is a state and does not count'))
test('a scale of zero', () => check(modbus('', '"0101"', 'scale: 0, '), 'scale 0 makes every value the same'))
test('a 64-bit counter without bounds is refused with the reason', () =>
  check(modbus('', '"1003"').replace('float32', 'uint64'), 'p.yaml:5: uint64 is refused: a sample is a double and round-trips exactly only up to 2^53'))
test('a 64-bit counter within 2^53 passes', () => check(modbus('', '"1003"', 'rangeLo: 0, rangeHi: 9007199254740991, ').replace('float32', 'uint64')))
test('a 64-bit counter beyond 2^53 after scaling is refused', () =>
  check(modbus('', '"1003"', 'rangeLo: 0, rangeHi: 9007199254740991, scale: 0.1, ').replace('float32', 'uint64'), 'uint64 is refused'))
test('a string is refused with the reason', () => check(modbus('').replace('float32', 'string'), 'Strings are refused because a sample is a double'))
test('a fault code that never comes', () =>
  check(modbus('faultCodes: [{ raw: -999, quality: 2 }]', '"0101"').replace('float32', 'uint16'), 'p.yaml:5: -999 never comes out of uint16 (0…65535); as uint16 it reads 64537'))
test('a fault code twice', () => check(modbus('faultCodes: [{ raw: 9999, quality: 2 }, { raw: 9999, quality: 4 }]'), '9999 stands twice in the fault codes'))
test('a fault code does not mean good', () => check(modbus('faultCodes: [{ raw: 9999, quality: 0 }]'), 'p.yaml:5: points[0].modbus.faultCodes[0].quality is 0; it must be >= 1: Quality Q 1–9'))
test('a status word on the value', () => check(modbus('status: { address: 1, bits: [] }'), 'p.yaml:5: status at 1 lies on the value at 0…1'))
test('an address beyond the end', () => check(modbus('').replace('address: 0', 'address: 65535'), 'float32 at 65535 does not fit'))
test('registers have one type', () =>
  check(
    `${HEAD}points:\n  - ${POINT}\n  - ${POINT.replace('name: co', 'name: b').replace('address: 0, type: float32', 'address: 1, type: uint16')}\n`,
    'p.yaml:6: b (uint16 at holding 1) overlaps co (float32 at holding 0); registers have one type only',
  ))
test('the same register twice', () => check(`${HEAD}points:\n  - ${POINT}\n  - ${POINT.replace('name: co', 'name: b')}\n`, 'p.yaml:6: b reads the same float32 at holding 0 as co'))
test('bits of one word do not clash', () =>
  check(`${HEAD}points:
  - { name: a, sensorType: "0203", title: { zh: 一, en: one }, modbus: { area: holding, address: 0, type: bit, bit: 0 } }
  - { name: b, sensorType: "0203", title: { zh: 二, en: two }, modbus: { area: holding, address: 0, type: bit, bit: 1 } }
`))

const TEMPLATE = `${HEAD}templates:
  - id: sensor
    title: { zh: 传感器, en: sensor }
    base: 0
    stride: 4
    slots: 8
    sensorTypes: ["0101"]
    modbus: { area: holding, address: 2, type: float32 }
`
test('a right template has no problem', () => check(TEMPLATE))
test('a template stays within its block', () => check(TEMPLATE.replace('address: 2', 'address: 3'), 'p.yaml:11: reaches word 4 of a block of 4 words'))
test('a template ends before the last address', () => check(TEMPLATE.replace('base: 0', 'base: 65520'), 'p.yaml:9: 8 slots of 4 words from 65520 reach 65551'))
test('a template is checked for each of its classes', () => check(TEMPLATE.replace('"0101"', '"0101", "0999"'), 'p.yaml:10: 0999 is not a class of the code list T-20'))
test('what differs by class must be a class of the template', () => check(`${TEMPLATE}    byType: { "0102": { scale: 0.1 } }\n`, 'p.yaml:12: class 0102 is not among sensorTypes'))

const OPCUA = `id: test
title: { zh: 测试, en: test }
protocol: opcua
points:
  - { name: a, sensorType: "0203", title: { zh: 一, en: one }, opcua: { namespaceUri: "urn:a", identifier: s=A } }
`
test('a right OPC UA profile has no problem', () => check(OPCUA))
test('an empty namespace URI', () => check(OPCUA.replace('"urn:a"', '""'), 'p.yaml:5: points[0].opcua.namespaceUri is ""; it must'))
test('a blank namespace URI', () => check(OPCUA.replace('"urn:a"', '" "'), "p.yaml:5: the namespace URI is empty; take it from the server's NamespaceArray"))
test('a namespace index instead of a URI', () => check(OPCUA.replace('s=A', 'ns=2;s=A'), 'p.yaml:5: points[0].opcua.identifier is "ns=2;s=A"; it must'))
test('a numeric identifier', () => check(OPCUA.replace('s=A', 'i=A1'), 'i=A1 is no numeric identifier; write i=1001'))
test('a template of nodes names the slot', () =>
  check(
    `${OPCUA}templates:\n  - { id: fan, title: { zh: 局扇, en: fan }, slots: 4, sensorTypes: ["0204"], opcua: { namespaceUri: "urn:a", identifier: s=Fan } }\n`,
    'p.yaml:7: s=Fan is the same node for all 4 slots; put {slot} where the number stands',
  ))

test('finds the profiles of all families', () => {
  expect(listProfiles().map(({ id }) => id)).toEqual(expect.arrayContaining(['gas-substation', 'gas-substation/scaled', 'ventilation-drainage-hoist']))
})

test('an unknown profile names the nearest', () => {
  expect(() => loadProfile('gas-substaton')).toThrow('did you mean gas-substation?')
})

test("a file of the operator's own is a profile", () => {
  const folder = mkdtempSync(join(tmpdir(), 'orewatch-profile-'))
  try {
    mkdirSync(join(folder, 'sub'))
    writeFileSync(join(folder, 'sub', 'mine.yaml'), OPCUA)
    expect(loadProfile(join(folder, 'sub', 'mine.yaml')).id).toBe('test')
    expect(() => loadProfile(join(folder, 'none.yaml'))).toThrow('cannot be read (ENOENT)')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("the id of a family's profile is its folder", () => {
  const file = join(import.meta.dirname, 'gas-substation', 'profile.yaml')
  expect(() => parseProfile(TEMPLATE, file)).toThrow(`${file}:1: id is test; after its folder and file name it must be gas-substation`)
})
