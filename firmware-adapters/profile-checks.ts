/*
 * What a schema cannot say about a profile as a whole: unique names, registers that clash, templates that fit their
 * blocks. Single points are judged by point-checks.ts.
 */
import { SENSOR_TYPES } from '@orewatch/core'
import { fillSlot } from './computed.ts'
import { findLinkFlaws } from './computed-checks.ts'
import { findEventFlaws } from './event-checks.ts'
import { findClashes } from './overlap.ts'
import type { Flaw } from './flaw.ts'
import { findFlaws, type PointFacts, unknownType } from './point-checks.ts'
import type { ModbusSource, ModbusTemplate, OpcUaTemplate, Profile } from './profile.ts'
import { endOf } from './register-layout.ts'

/** Everything that is wrong with a profile whose shape is right; paths are those of the file. */
export function findProfileFlaws(profile: Profile): Flaw[] {
  return [
    ...pointFlaws(profile),
    ...duplicateFlaws(
      profile.points.map(({ name }) => name),
      'points',
      'name',
    ),
    ...duplicateFlaws(
      profile.templates.map(({ id }) => id),
      'templates',
      'id',
    ),
    ...profile.templates.flatMap((template, i) => templateFlaws(template).map((flaw) => under(['templates', i], flaw))),
    ...(profile.protocol === 'modbus' ? profile.templates.flatMap((template, i) => blockFlaws(template).map((flaw) => under(['templates', i], flaw))) : []),
    ...findLinkFlaws(profile),
    ...(profile.protocol === 'opcua' ? findEventFlaws(profile.events) : []),
    ...(profile.points.length + profile.templates.length === 0 ? [{ path: ['points'], message: 'the profile has neither points nor templates; give at least one' }] : []),
  ]
}

function pointFlaws(profile: Profile): Flaw[] {
  const own = profile.points.flatMap((point: PointFacts, i) => findFlaws(point).map((flaw) => under(['points', i], flaw)))
  if (profile.protocol !== 'modbus') return own
  return [...own, ...findClashes(profile.points).map(({ index, message }) => ({ path: ['points', index, 'modbus', 'address'], message }))]
}

function duplicateFlaws(names: readonly string[], list: string, key: string): Flaw[] {
  const flaws: Flaw[] = []
  for (const [i, name] of names.entries()) {
    const first = names.indexOf(name)
    if (first < i) flaws.push({ path: [list, i, key], message: `${key} ${name} is taken by ${list}[${first}]; it must be unique in the profile` })
  }
  return flaws
}

function templateFlaws(template: ModbusTemplate | OpcUaTemplate): Flaw[] {
  const flaws: Flaw[] = []
  for (const [i, sensorType] of template.sensorTypes.entries()) {
    if (SENSOR_TYPES[sensorType] === undefined) flaws.push({ path: ['sensorTypes', i], message: unknownType(sensorType) })
    else flaws.push(...findFlaws(factsOf(template, sensorType)).map(({ path, message }) => ({ path, message: `as class ${sensorType}: ${message}` })))
  }
  for (const sensorType of Object.keys(template.byType ?? {})) {
    if (!template.sensorTypes.includes(sensorType)) flaws.push({ path: ['byType', sensorType], message: `class ${sensorType} is not among sensorTypes; add it there or remove this` })
  }
  if ('opcua' in template && template.opcua !== undefined && template.slots > 1 && !template.opcua.identifier.includes('{slot}')) {
    flaws.push({ path: ['opcua', 'identifier'], message: `${template.opcua.identifier} is the same node for all ${template.slots} slots; put {slot} where the number stands` })
  }
  return flaws
}

function factsOf(template: ModbusTemplate | OpcUaTemplate, sensorType: string): PointFacts {
  const facts = { ...template, ...template.byType?.[sensorType], sensorType }
  // What only the wiring knows is judged there; here a loop of any range stands for it.
  const loop = template.needs?.includes('loop') === true ? { loop: { lo: 0, hi: 1 } } : {}
  if ('opcua' in template && template.opcua !== undefined) return { ...facts, ...loop, opcua: { ...template.opcua, identifier: fillSlot(template.opcua.identifier, 1) } }
  return { ...facts, ...loop }
}

function blockFlaws({ modbus, base, stride, slots }: ModbusTemplate): Flaw[] {
  if (modbus === undefined) return []
  if (base === undefined || stride === undefined) return [{ path: ['modbus'], message: 'base or stride is missing; say where the first block begins and how many registers it takes' }]
  const flaws: Flaw[] = []
  for (const [path, end] of blockEnds(modbus)) {
    if (end > stride) flaws.push({ path: ['modbus', ...path], message: `reaches word ${end - 1} of a block of ${stride} words; addresses in a template count from 0 at the start of the block` })
  }
  const last = base + slots * stride
  if (last > 65_536) flaws.push({ path: ['slots'], message: `${slots} slots of ${stride} words from ${base} reach ${last - 1}; addresses end at 65535` })
  return flaws
}

function blockEnds(source: ModbusSource): [readonly string[], number][] {
  const ends: [readonly string[], number][] = [[['address'], endOf(source)]]
  if (source.status !== undefined) ends.push([['status', 'address'], source.status.address + 1])
  if (source.timestamp !== undefined) ends.push([['timestamp', 'address'], source.timestamp.address + 2])
  return ends
}

function under(prefix: readonly (string | number)[], flaw: Flaw): Flaw {
  return { path: [...prefix, ...flaw.path], message: flaw.message }
}
