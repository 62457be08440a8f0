/*
 * Profile + wiring of one device → points as a driver and the pipeline take them, all defaults filled in from the code
 * list T-20. Checks again what only the wiring decides: slot, class, point code, clashes between wired points.
 */
import { nearest } from '@orewatch/config'
import { ConfigError, invariant, SENSOR_TYPES, type SensorType } from '@orewatch/core'
import { type ComputedSource, fillSlot } from './computed.ts'
import { type LinkProblem, linkPoints, type WiredPoint } from './linking.ts'
import { findClashes } from './overlap.ts'
import { findFlaws, unknownType } from './point-checks.ts'
import type { ModbusPoint, ModbusSource, ModbusTemplate, OpcUaPoint, OpcUaSource, OpcUaTemplate, Profile, ResolvedPoint, WordOrder } from './profile.ts'
import { primaryOf, RATIO_OPTIONS, type Primary, type StatedFields } from './ratio.ts'
import type { DeviceWiring, PointWiring } from './wiring.ts'

/** Turns a path within the wiring into the place named in a problem. */
export type Locate = (path: readonly (string | number)[]) => string

/**
 * The points of one device, in the order of the wiring. Throws ConfigError with one problem per line;
 * `locate` gives the file and line of a path such as `['points', 0, 'slot']`.
 */
export function resolvePoints(profile: Profile, wiring: DeviceWiring = {}, locate: Locate = (path) => path.join('.') || 'wiring'): ResolvedPoint[] {
  const problems: string[] = []
  const resolved: WiredPoint[] = []
  const wirings = wiring.points ?? profile.points.map(({ name }): PointWiring => ({ use: name }))
  if (wirings.length === 0)
    throw new ConfigError([
      `${locate([])}: profile ${profile.id} has no fixed points; wire at least one sensor under points: template: ${profile.templates[0]?.id}, slot: 1, sensorType: "${profile.templates[0]?.sensorTypes[0]}"`,
    ])
  for (const [i, wired] of wirings.entries()) {
    const outcome = resolveOne(profile, wiring, wired)
    if ('flaws' in outcome) problems.push(...outcome.flaws.map(({ path, message }) => `${locate(['points', i, ...path])}: ${message}`))
    else resolved.push({ ...outcome, index: i })
  }
  problems.push(...clashProblems(resolved, locate), ...idleRatioProblems(profile, wiring, locate))
  // Names that lead nowhere may be those of points that are themselves wrong: said only when everything else is right.
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  const linked = linkPoints(resolved)
  if (linked.problems.length > 0) throw new ConfigError([...new Set(linked.problems.map(({ index, path, message }: LinkProblem) => `${locate(['points', index, ...path])}: ${message}`))])
  return [...linked.points]
}

interface Flawed {
  readonly flaws: readonly { readonly path: readonly (string | number)[]; readonly message: string }[]
}

type Outcome = Omit<WiredPoint, 'index'> | Flawed

function resolveOne(profile: Profile, wiring: DeviceWiring, wired: PointWiring): Outcome {
  if (wired.use !== undefined && (wired.template !== undefined || wired.slot !== undefined))
    return flaw(['use'], 'says both use and template or slot; use names a fixed point, template and slot a wired sensor')
  const picked = wired.use === undefined ? pickTemplate(profile, wired) : pickFixed(profile, wired.use)
  if ('flaws' in picked) return picked
  const { slot, ...basis } = picked
  const sensorType = wired.sensorType ?? basis.sensorType
  const type = SENSOR_TYPES[sensorType]
  if (type === undefined) return { flaws: [{ path: ['sensorType'], message: unknownType(sensorType) }] }
  if (basis.computed === undefined && (wired.inputs ?? wired.constants) !== undefined)
    return flaw([wired.inputs === undefined ? 'constants' : 'inputs'], 'inputs and constants have no meaning for a measured point; leave them out, or wire a computed one')
  const source = sourceOf(profile, wiring, wired, basis)
  const stated = { ...pickValueFields(basis), ...pickValueFields(wired) }
  const identified = { sensorType, ...(wired.pointCode === undefined ? {} : { pointCode: wired.pointCode }) }
  const { factor, range, counter } = primaryOf(stated, pickValueFields(wired), type, wiring.options)
  const { kind: _, ...placed } = source
  const flaws = findFlaws({ ...stated, ...range, ...identified, factor, ...placed })
  // The wiring has no level «computed»: its inputs and constants stand at the point itself.
  if (flaws.length > 0) return { flaws: flaws.map(({ path, message }) => ({ path: path[0] === 'computed' ? path.slice(1) : path, message })) }
  const nativeName = basis.name ?? `${type.id.toLowerCase()}-${slot}`
  const name = wired.name ?? nativeName
  return {
    nativeName,
    hasOwnPeriod: stated.periodMs !== undefined,
    point: withDefaults({ ...stated, ...range, ...identified, factor, counter }, type, { name, title: wired.title ?? basis.title ?? { zh: type.zh, en: type.en }, place: wired.place, source }),
  }
}

/** A fixed point or a template's slot, in one shape. */
interface Basis extends ValueFields {
  readonly sensorType: string
  readonly name?: string
  readonly title?: { readonly zh: string; readonly en: string }
  readonly slot?: number
  readonly modbus?: ModbusSource
  readonly opcua?: OpcUaSource
  readonly computed?: ComputedSource
}

function pickFixed(profile: Profile, name: string): Basis | Flawed {
  const points: readonly (ModbusPoint | OpcUaPoint)[] = profile.points
  const point = points.find((candidate) => candidate.name === name)
  return (
    point ??
    flaw(
      ['use'],
      `profile ${profile.id} has no fixed point ${name}; ${advise(
        name,
        points.map((candidate) => candidate.name),
      )}`,
    )
  )
}

function pickTemplate(profile: Profile, wired: PointWiring): Basis | Flawed {
  const templates: readonly (ModbusTemplate | OpcUaTemplate)[] = profile.templates
  const ids = templates.map(({ id }) => id)
  const id = wired.template ?? (ids.length === 1 ? ids[0] : undefined)
  if (id === undefined)
    return flaw([], `says neither use nor template; name a fixed point (${profile.points.map(({ name }) => name).join(', ') || 'there is none'}) or a template (${ids.join(', ') || 'there is none'})`)
  const template = templates.find((candidate) => candidate.id === id)
  if (template === undefined) return flaw(['template'], `profile ${profile.id} has no template ${id}; ${advise(id, ids)}`)
  const slot = wired.slot
  if (slot === undefined) return flaw(['slot'], `slot is missing; template ${id} has slots 1–${template.slots}`)
  if (slot > template.slots) return flaw(['slot'], `slot ${slot} is beyond the ${template.slots} slots of template ${id}; it must be 1–${template.slots}`)
  const sensorType = wired.sensorType ?? (template.sensorTypes.length === 1 ? template.sensorTypes[0] : undefined)
  if (sensorType === undefined) return flaw(['sensorType'], `sensorType is missing; template ${id} takes ${template.sensorTypes.join(', ')}`)
  if (!template.sensorTypes.includes(sensorType))
    return flaw(['sensorType'], SENSOR_TYPES[sensorType] === undefined ? unknownType(sensorType) : `template ${id} takes no class ${sensorType}; it takes ${template.sensorTypes.join(', ')}`)
  const needed = (template.needs ?? []).filter((key) => wired[key] === undefined)
  if (needed.length > 0) return { flaws: needed.map((key) => ({ path: [key], message: `${key} is missing; it differs at every site, so template ${template.id} has none of its own: give it here` })) }
  return instantiate(template, slot, sensorType)
}

function instantiate(template: ModbusTemplate | OpcUaTemplate, slot: number, sensorType: string): Basis {
  const merged = { ...pickValueFields(template), ...template.byType?.[sensorType] }
  const gates = merged.gates?.map((gate) => ({ ...gate, point: fillSlot(gate.point, slot) }))
  // Title and id are the template's own; the point takes those of its class, unless the template names its points.
  const named = template.name === undefined ? {} : { name: fillSlot(template.name, slot), title: { zh: `${template.title.zh} ${slot}`, en: `${template.title.en} ${slot}` } }
  const values = { ...merged, ...(gates !== undefined && { gates }), ...named, sensorType, slot }
  const { computed } = template
  if (computed !== undefined) return { ...values, computed: { ...computed, inputs: Object.fromEntries(Object.entries(computed.inputs).map(([role, name]) => [role, fillSlot(name, slot)])) } }
  if ('opcua' in template && template.opcua !== undefined) return { ...values, opcua: { ...template.opcua, identifier: fillSlot(template.opcua.identifier, slot) } }
  invariant('modbus' in template && template.modbus !== undefined && template.base !== undefined && template.stride !== undefined, 'a template has neither block nor node nor formula')
  return { ...values, modbus: shift(template.modbus, template.base + (slot - 1) * template.stride) }
}

function shift(source: ModbusSource, by: number): ModbusSource {
  return {
    ...source,
    address: source.address + by,
    ...(source.status === undefined ? {} : { status: { ...source.status, address: source.status.address + by } }),
    ...(source.timestamp === undefined ? {} : { timestamp: { address: source.timestamp.address + by } }),
  }
}

function sourceOf(profile: Profile, { options = {} }: DeviceWiring, wired: PointWiring, basis: Basis): ResolvedPoint['source'] {
  if (basis.computed !== undefined) {
    const { formula, inputs, constants } = basis.computed
    return { kind: 'computed', computed: { formula, inputs: { ...inputs, ...wired.inputs }, constants: { ...constants, ...wired.constants } } }
  }
  if (basis.opcua !== undefined) {
    return { kind: 'opcua', opcua: options.namespaceUri === undefined ? basis.opcua : { ...basis.opcua, namespaceUri: options.namespaceUri } }
  }
  invariant(basis.modbus !== undefined && profile.protocol === 'modbus', 'a point has neither registers nor node')
  const { timestamp, ...moved } = shift(basis.modbus, options.addressOffset ?? 0)
  const wordOrder: WordOrder = wired.wordOrder ?? moved.wordOrder ?? options.wordOrder ?? profile.wordOrder ?? 'ABCD'
  return {
    kind: 'modbus',
    modbus: {
      ...moved,
      wordOrder,
      ...(wired.faultCodes === undefined ? {} : { faultCodes: wired.faultCodes }),
      ...(options.deviceTime === 'use' && timestamp !== undefined ? { timestamp } : {}),
    },
  }
}

type ValueFields = StatedFields

const VALUE_FIELDS = ['unit', 'scale', 'offset', 'rangeLo', 'rangeHi', 'periodMs', 'loop', 'gates', 'priority', 'ratio', 'counter'] as const satisfies readonly (keyof ValueFields)[]

function pickValueFields(from: ValueFields): ValueFields {
  return Object.fromEntries(VALUE_FIELDS.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])))
}

interface Identity {
  readonly name: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly place: string | undefined
  readonly source: ResolvedPoint['source']
}

/** Classes on change have no period of their own; their points are read this often. */
const ON_CHANGE_PERIOD_MS = 1_000

function withDefaults(
  values: Omit<ValueFields, 'counter'> & Pick<Primary, 'factor' | 'counter'> & { sensorType: string; pointCode?: string },
  type: SensorType,
  { name, title, place, source }: Identity,
): ResolvedPoint {
  const rangeLo = values.rangeLo ?? type.rangeLo
  const rangeHi = values.rangeHi ?? type.rangeHi
  return {
    name,
    title,
    sensorType: type.code,
    unit: values.unit ?? type.unit,
    scale: values.scale ?? 1,
    offset: values.offset ?? 0,
    ...(rangeLo === undefined ? {} : { rangeLo }),
    ...(rangeHi === undefined ? {} : { rangeHi }),
    resolution: type.resolution,
    periodMs: values.periodMs ?? (type.periodMs === 0 ? ON_CHANGE_PERIOD_MS : type.periodMs),
    isBoolean: type.unit === 'bool',
    priority: values.priority ?? 'vital',
    ...(values.loop === undefined ? {} : { loop: values.loop }),
    ...(values.gates === undefined || values.gates.length === 0 ? {} : { gates: values.gates }),
    ...(values.factor === 1 ? {} : { ratio: values.factor }),
    ...(values.counter === undefined ? {} : { counter: values.counter }),
    ...(values.pointCode === undefined ? {} : { pointCode: values.pointCode }),
    ...(place === undefined ? {} : { place }),
    source,
  }
}

// A ratio that multiplies nothing was meant for something: the loop would be shown a hundred times too small.
function idleRatioProblems(profile: Profile, { options, points }: DeviceWiring, locate: Locate): string[] {
  const stated: readonly { readonly ratio?: readonly string[]; readonly byType?: Readonly<Record<string, { readonly ratio?: readonly string[] }>> }[] = [
    ...profile.points,
    ...profile.templates,
    ...(points ?? []),
  ]
  const used = new Set(stated.flatMap(({ ratio = [], byType = {} }) => [...ratio, ...Object.values(byType).flatMap((fields) => fields.ratio ?? [])]))
  return (['ct', 'pt'] as const).flatMap((transformer) => {
    const key = RATIO_OPTIONS[transformer]
    if (options?.[key] === undefined || used.has(transformer)) return []
    return [`${locate(['options', key])}: no point of profile ${profile.id} has ratio: [${transformer}], so ${key} would change nothing; leave it out, or give the points their ratio`]
  })
}

function clashProblems(resolved: readonly { readonly point: ResolvedPoint; readonly index: number }[], locate: Locate): string[] {
  const problems: string[] = []
  const firstOf = new Map<string, number>()
  for (const {
    point: { name },
    index,
  } of resolved) {
    const first = firstOf.get(name)
    if (first === undefined) firstOf.set(name, index)
    else problems.push(`${locate(['points', index])}: name ${name} is taken by points[${first}] of this device; give this one another name`)
  }
  const spans = resolved.map(({ point: { name, source } }) => ({ name, modbus: source.kind === 'modbus' ? source.modbus : undefined }))
  for (const { index, message } of findClashes(spans)) problems.push(`${locate(['points', resolved[index]?.index ?? index])}: ${message}`)
  return problems
}

function advise(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? `known are ${known.join(', ') || 'none'}` : `did you mean ${near}?`
}

function flaw(path: readonly string[], message: string): Flawed {
  return { flaws: [{ path, message }] }
}
