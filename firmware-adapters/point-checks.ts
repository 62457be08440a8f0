/*
 * What a schema cannot say about one point: class, unit, ranges, register type. Used for profiles when they are loaded and
 * for wired points when they are resolved. Each problem says what is wrong and what would be right.
 */
import { nearest } from '@orewatch/config'
import { parsePointCode, SENSOR_TYPES, type SensorType } from '@orewatch/core'
import type { ComputedSource, Gate } from './computed.ts'
import { findComputedFlaws, findGateFlaws } from './computed-checks.ts'
import type { Flaw } from './flaw.ts'
import type { ModbusSource, OpcUaSource, RegisterType, Transformer } from './profile.ts'
import { TRANSFORMERS_OF } from './ratio.ts'
import { endOf, REGISTER_LAYOUT } from './register-layout.ts'

/** The facts of a point that can contradict each other. */
export interface PointFacts {
  readonly sensorType: string
  readonly unit?: string
  readonly scale?: number
  readonly offset?: number
  readonly rangeLo?: number
  readonly rangeHi?: number
  readonly loop?: { readonly lo: number; readonly hi: number }
  readonly ratio?: readonly Transformer[]
  /** Product of the ratios, by which range and reach are multiplied; 1 when absent. */
  readonly factor?: number
  /** As stated, before the ratio. */
  readonly counter?: { readonly rollOver: number; readonly window?: number }
  readonly modbus?: ModbusSource
  readonly opcua?: OpcUaSource
  readonly computed?: ComputedSource
  readonly gates?: readonly Gate[]
  readonly pointCode?: string
}

/** Everything that is wrong with one point. */
export function findFlaws(point: PointFacts): Flaw[] {
  const type = SENSOR_TYPES[point.sensorType]
  if (type === undefined) return [{ path: ['sensorType'], message: unknownType(point.sensorType) }]
  return [
    ...unitFlaws(point, type),
    ...rangeFlaws(point, type),
    ...ratioFlaws(point, type),
    ...counterFlaws(point, type),
    ...codeFlaws(point),
    ...sourceFlaws(point),
    ...findGateFlaws(point.gates ?? []),
    ...(point.computed === undefined ? [] : findComputedFlaws(point.computed, type.unit, type.code)),
    ...(point.modbus === undefined ? [] : modbusFlaws(point.modbus, point, type)),
    ...(point.opcua === undefined ? [] : opcuaFlaws(point.opcua)),
  ]
}

/** Why a code is no class of T-20, with the nearest ones. */
export function unknownType(code: string): string {
  const near = nearest(code, Object.keys(SENSOR_TYPES))
  const advice = near === undefined ? 'for example 0101 (CO) or 0201 (wind speed)' : `did you mean ${near} (${SENSOR_TYPES[near]?.en})?`
  return `${code} is not a class of the code list T-20; ${advice}`
}

function unitFlaws(point: PointFacts, type: SensorType): Flaw[] {
  if (point.unit === undefined || point.unit === type.unit) return []
  return [{ path: ['unit'], message: `unit ${point.unit} is not that of class ${type.code} (${type.en}); write ${type.unit}, converting with scale and offset, or leave it out` }]
}

function rangeFlaws(point: PointFacts, type: SensorType): Flaw[] {
  const flaws: Flaw[] = []
  const { lo, hi } = rangeOf(point, type)
  if (lo !== undefined && hi !== undefined && lo >= hi) {
    flaws.push({ path: [point.rangeLo === undefined ? 'rangeHi' : 'rangeLo'], message: `range ${lo}…${hi} ${type.unit} is empty; rangeLo must be below rangeHi` })
  }
  if (point.scale === 0) flaws.push({ path: ['scale'], message: 'scale 0 makes every value the same; it must differ from 0' })
  if (point.loop !== undefined && point.loop.lo === point.loop.hi) flaws.push({ path: ['loop'], message: 'lo and hi of the loop are the same; lo is the value at 4 mA, hi that at 20 mA' })
  return flaws
}

function sourceFlaws({ modbus, opcua, computed, loop }: PointFacts): Flaw[] {
  if ((modbus ?? opcua) === undefined && computed === undefined) return [{ path: [], message: 'says neither where it is read nor how it is computed; give modbus, opcua or computed' }]
  if ((modbus ?? opcua) !== undefined && computed !== undefined) return [{ path: ['computed'], message: 'is read and computed at once; keep one of the two' }]
  if (computed !== undefined && loop !== undefined) return [{ path: ['loop'], message: 'a computed point has no current loop; set loop at its input' }]
  return []
}

function ratioFlaws({ ratio, loop }: PointFacts, type: SensorType): Flaw[] {
  if (ratio === undefined) return []
  const right = TRANSFORMERS_OF[type.code]
  const path = ['ratio']
  if (right === undefined) return [{ path, message: `class ${type.code} (${type.en}) is not measured through transformers; leave out ratio` }]
  if (loop !== undefined) return [{ path, message: 'a current loop has its ends in lo and hi; leave out ratio and give them in primary values' }]
  if (right.length === ratio.length && right.every((transformer) => ratio.includes(transformer))) return []
  return [{ path, message: `class ${type.code} (${type.en}) is measured through ${right.join(' and ')}; write ratio: [${right.join(', ')}], a ratio that is not there is 1` }]
}

function counterFlaws(point: PointFacts, type: SensorType): Flaw[] {
  const { counter, factor = 1 } = point
  if (counter === undefined) return []
  const { rollOver, window } = counter
  const { lo, hi } = rangeOf(point, type)
  const flaws: Flaw[] = []
  if (type.unit === 'bool' || point.loop !== undefined)
    flaws.push({ path: ['counter'], message: `class ${type.code} (${type.en}) ${type.unit === 'bool' ? 'is a state' : 'on a current loop'} and does not count; leave out counter` })
  if (window !== undefined && window > rollOver / 2)
    flaws.push({ path: ['counter', 'window'], message: `window ${window} is more than half of rollOver ${rollOver}: any fall could be a roll-over; it must be at most ${rollOver / 2}` })
  if ((hi !== undefined && hi < rollOver * factor * (1 - 1e-12)) || (lo !== undefined && lo > 0))
    flaws.push({ path: ['counter', 'rollOver'], message: `a counter runs from 0 to ${rollOver * factor}, but the range is ${lo ?? '−∞'}…${hi ?? '∞'} ${type.unit}; widen the range or lower rollOver` })
  return flaws
}

// Classes of our own (see SENSOR_TYPES) are halves of one of the list, so registers written after the list carry that one in the code.
const LISTED_AS: Readonly<Record<string, string>> = {
  '0207': '0206',
  '0710': '0701',
  '0711': '0701',
  '0712': '0702',
  '0713': '0702',
  '0708': '0702',
  '0709': '0702',
  '0810': '0801',
  '0811': '0801',
  '0812': '0804',
  '0903': '0902',
  '0904': '0902',
  '0905': '0902',
  '1008': '1003',
  '1009': '1003',
  '1010': '1004',
  '1011': '1006',
  '1012': '1006',
  '1013': '1006',
}

function codeFlaws({ pointCode, sensorType }: PointFacts): Flaw[] {
  if (pointCode === undefined) return []
  const parts = parsePointCode(pointCode)
  if (parts === undefined) {
    return [{ path: ['pointCode'], message: `${pointCode} is not a point code; it must be mine or pond (12 digits) + system (2) + class of T-20 (4) + serial (4)` }]
  }
  if (parts.sensorTypeCode === sensorType || parts.sensorTypeCode === LISTED_AS[sensorType]) return []
  return [{ path: ['pointCode'], message: `${pointCode} is the code of a point of class ${parts.sensorTypeCode}, but this point is of class ${sensorType}; one of the two is wrong` }]
}

function modbusFlaws(source: ModbusSource, point: PointFacts, type: SensorType): Flaw[] {
  return [...bitFlaws(source, type), ...addressFlaws(source), ...reachFlaws(source, point, type), ...faultCodeFlaws(source)]
}

function bitFlaws(source: ModbusSource, type: SensorType): Flaw[] {
  const isBitArea = source.area === 'coil' || source.area === 'discrete'
  const flaws: Flaw[] = []
  if (isBitArea && source.type !== 'bit') flaws.push({ path: ['modbus', 'type'], message: `area ${source.area} holds single bits; type must be bit, not ${source.type}` })
  if (isBitArea && source.bit !== undefined) flaws.push({ path: ['modbus', 'bit'], message: `area ${source.area} is addressed bit by bit; leave out bit and give the address` })
  if (isBitArea && source.status !== undefined) flaws.push({ path: ['modbus', 'status'], message: `area ${source.area} has no status words; use area holding or input` })
  if (!isBitArea && source.type === 'bit' && source.bit === undefined) flaws.push({ path: ['modbus', 'type'], message: 'type bit of a register needs the key bit, 0–15' })
  if (source.type !== 'bit' && source.bit !== undefined) flaws.push({ path: ['modbus', 'bit'], message: `bit ${source.bit} has no meaning for type ${source.type}; set type: bit or leave it out` })
  if (source.type === 'bit' && type.unit !== 'bool')
    flaws.push({ path: ['modbus', 'type'], message: `class ${type.code} (${type.en}) is measured in ${type.unit}; a bit fits only classes of unit bool` })
  return flaws
}

function addressFlaws(source: ModbusSource): Flaw[] {
  const flaws: Flaw[] = []
  if (source.address < 0 || endOf(source) > 65_536) {
    flaws.push({ path: ['modbus', 'address'], message: `${source.type} at ${source.address} does not fit; addresses go from 0 to 65535` })
  }
  const extras = [
    ['status', source.status?.address, 1],
    ['timestamp', source.timestamp?.address, 2],
  ] as const
  for (const [key, address, registers] of extras) {
    if (address === undefined) continue
    if (address < 0 || address + registers > 65_536) flaws.push({ path: ['modbus', key, 'address'], message: `${key} at ${address} does not fit; addresses go from 0 to 65535` })
    else if (address < endOf(source) && source.address < address + registers)
      flaws.push({ path: ['modbus', key, 'address'], message: `${key} at ${address} lies on the value at ${source.address}…${endOf(source) - 1}; give its own address` })
  }
  return flaws
}

function reachFlaws(source: ModbusSource, point: PointFacts, type: SensorType): Flaw[] {
  if (point.loop !== undefined || source.type === 'bit' || point.scale === 0) return []
  const { lo, hi } = rangeOf(point, type)
  const reach = reachOf(source.type, point)
  if (source.type === 'int64' || source.type === 'uint64') return exactnessFlaws(source.type, point, lo, hi)
  const isLoReached = lo === undefined || lo >= reach.lo
  const isHiReached = hi === undefined || hi <= reach.hi
  if (isLoReached && isHiReached) return []
  const wanted = `${lo ?? '−∞'}…${hi ?? '∞'} ${type.unit}`
  return [
    {
      path: ['modbus', 'type'],
      message: `${source.type} × ${point.scale ?? 1} + ${point.offset ?? 0}${(point.factor ?? 1) === 1 ? '' : `, × ${point.factor} (ratio),`} reaches only ${reach.lo}…${reach.hi}, but the range is ${wanted}; change type or scale, or narrow rangeLo and rangeHi to what the sensor can say`,
    },
  ]
}

// A sample is a double: an integer beyond 2^53 would come back as another one.
function exactnessFlaws(type: RegisterType, point: PointFacts, lo: number | undefined, hi: number | undefined): Flaw[] {
  const scale = point.scale ?? 1
  const offset = point.offset ?? 0
  const raw = [lo, hi].map((value) => (value === undefined ? Number.POSITIVE_INFINITY : Math.abs((value / (point.factor ?? 1) - offset) / scale)))
  if (Math.max(...raw) <= 2 ** 53) return []
  return [
    {
      path: ['modbus', 'type'],
      message: `${type} is refused: a sample is a double and round-trips exactly only up to 2^53; give rangeLo and rangeHi within ±9007199254740992 raw, or read a 32-bit part`,
    },
  ]
}

function faultCodeFlaws(source: ModbusSource): Flaw[] {
  const { lo, hi } = REGISTER_LAYOUT[source.type]
  const isFloat = source.type === 'float32' || source.type === 'float64'
  const flaws: Flaw[] = []
  const seen = new Set<number>()
  for (const [i, { raw }] of (source.faultCodes ?? []).entries()) {
    const path = ['modbus', 'faultCodes', i, 'raw']
    if (raw < lo || raw > hi || (!isFloat && !Number.isInteger(raw))) flaws.push({ path, message: `${raw} never comes out of ${source.type} (${lo}…${hi})${twoComplement(raw, source.type)}` })
    if (seen.has(raw)) flaws.push({ path, message: `${raw} stands twice in the fault codes; keep one` })
    seen.add(raw)
  }
  return flaws
}

function twoComplement(raw: number, type: RegisterType): string {
  if (type === 'uint16' && raw < 0) return `; as ${type} it reads ${raw + 0x1_0000}`
  if (type === 'int16' && raw > 0x7fff) return `; as ${type} it reads ${raw - 0x1_0000}`
  return ''
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What cannot be right about the name of a node. */
export function opcuaFlaws(source: Pick<OpcUaSource, 'namespaceUri' | 'identifier'>): Flaw[] {
  const flaws: Flaw[] = []
  if (source.namespaceUri.trim() === '') flaws.push({ path: ['opcua', 'namespaceUri'], message: "the namespace URI is empty; take it from the server's NamespaceArray, such as urn:vendor:plc" })
  const letter = source.identifier[0]
  const rest = source.identifier.slice(2)
  if (letter === 'i' && !/^\d+$/.test(rest)) flaws.push({ path: ['opcua', 'identifier'], message: `${source.identifier} is no numeric identifier; write i=1001, or s= for a name` })
  if (letter === 'g' && !GUID.test(rest)) flaws.push({ path: ['opcua', 'identifier'], message: `${source.identifier} is no GUID; write g= and 32 hexadecimal digits in five groups` })
  return flaws
}

function rangeOf(point: PointFacts, type: SensorType): { lo: number | undefined; hi: number | undefined } {
  return { lo: point.rangeLo ?? type.rangeLo, hi: point.rangeHi ?? type.rangeHi }
}

function reachOf(type: RegisterType, point: PointFacts): { lo: number; hi: number } {
  const { lo, hi } = REGISTER_LAYOUT[type]
  const ends = [lo, hi].map((raw) => (raw * (point.scale ?? 1) + (point.offset ?? 0)) * (point.factor ?? 1))
  return { lo: Math.min(...ends), hi: Math.max(...ends) }
}
