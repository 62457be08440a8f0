/*
 * What a schema cannot say about computed points and gates: the formula and its roles, constants and units, names that
 * lead nowhere, points that need each other. Single points are judged here for point-checks.ts; whole devices by
 * linkPoints, whole profiles by findLinkFlaws.
 */
import { nearest } from '@orewatch/config'
import { SENSOR_TYPES } from '@orewatch/core'
import type { ComputedSource, Gate } from './computed.ts'
import { FORMULAS, type Formula } from './formulas.ts'
import type { Flaw } from './flaw.ts'
import type { Profile } from './profile.ts'

/** What is wrong with one computed point by itself; `unit` is that of its class. Constants may still come from the wiring. */
export function findComputedFlaws(computed: ComputedSource, unit: string, sensorType: string): Flaw[] {
  const formula = FORMULAS[computed.formula]
  if (formula === undefined) return [{ path: ['computed', 'formula'], message: `${computed.formula} is no formula; ${advise(computed.formula, Object.keys(FORMULAS))}` }]
  const flaws: Flaw[] = []
  if (formula.unit !== unit)
    flaws.push({ path: ['computed', 'formula'], message: `${computed.formula} gives ${formula.unit}, but class ${sensorType} is measured in ${unit}; choose a class of unit ${formula.unit}` })
  return [...flaws, ...roleFlaws(computed, formula), ...constantFlaws(computed, formula)]
}

function roleFlaws({ formula: name, inputs }: ComputedSource, formula: Formula): Flaw[] {
  const roles = Object.keys(formula.inputs)
  const unknown = Object.keys(inputs).filter((role) => !roles.includes(role))
  const missing = roles.filter((role) => inputs[role] === undefined && formula.inputs[role]?.isOptional !== true)
  return [
    ...unknown.map((role) => ({ path: ['computed', 'inputs', role], message: `${role} is no input of ${name}; ${advise(role, roles)}` })),
    ...missing.map((role) => ({
      path: ['computed', 'inputs'],
      message: `input ${role} of ${name} is missing: ${formula.inputs[role]?.about} Name a point of the device in ${formula.inputs[role]?.unit}`,
    })),
  ]
}

function constantFlaws({ formula: name, constants = {} }: ComputedSource, formula: Formula): Flaw[] {
  return Object.entries(constants).flatMap(([key, value]) => {
    const constant = formula.constants[key]
    const path = ['computed', 'constants', key]
    if (constant === undefined) return [{ path, message: `${key} is no constant of ${name}; ${advise(key, Object.keys(formula.constants))}` }]
    if (constant.isSigned !== true && value <= 0) return [{ path, message: `${key} is ${value} ${constant.unit}; it must be above 0: ${constant.about}` }]
    return []
  })
}

/** What is wrong with the gates of one point by themselves. */
export function findGateFlaws(gates: readonly Gate[]): Flaw[] {
  return gates.flatMap(({ min, max, equals }, i) => {
    const path = ['gates', i]
    if (min === undefined && max === undefined && equals === undefined) return [{ path, message: 'the gate has no bounds; give min, max or equals' }]
    if (equals !== undefined && (min !== undefined || max !== undefined)) return [{ path, message: 'equals stands beside min or max; give one or the other' }]
    if (min !== undefined && max !== undefined && min > max) return [{ path, message: `nothing passes ${min}…${max}; min must not be above max` }]
    return []
  })
}

/** A point with what it needs of others, for finding circles. */
export interface LinkedNode {
  readonly name: string
  readonly needs: readonly string[]
}

/** Orders nodes so that each comes after what it needs; the names of a circle where there is one. Unknown names are passed over. */
export function orderByNeed(nodes: readonly LinkedNode[]): { readonly order: readonly string[] } | { readonly circle: readonly string[] } {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const done = new Set<string>()
  const path: string[] = []
  const visit = (name: string): readonly string[] | undefined => {
    if (done.has(name)) return undefined
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    path.push(name)
    for (const needed of byName.get(name)?.needs ?? []) {
      const circle = byName.has(needed) ? visit(needed) : undefined
      if (circle !== undefined) return circle
    }
    path.pop()
    done.add(name)
    return undefined
  }
  for (const { name } of nodes) {
    const circle = visit(name)
    if (circle !== undefined) return { circle }
  }
  return { order: [...done] }
}

/** What the computed points and gates of a profile need that the profile does not have, and circles among them. */
export function findLinkFlaws(profile: Profile): Flaw[] {
  const linked = linkedEntries(profile)
  const known = linked.flatMap(({ names }) => names)
  const computed = new Set(linked.flatMap(({ names, computed: source }) => (source === undefined ? [] : names)))
  const flaws: Flaw[] = []
  for (const { path, computed: source, gates } of linked) {
    for (const [role, name] of Object.entries(source?.inputs ?? {}))
      if (!isKnown(name, known)) flaws.push({ path: [...path, 'computed', 'inputs', role], message: `${name} is no point of the profile; ${advise(name, known)}` })
    for (const [i, gate] of gates.entries()) {
      if (!isKnown(gate.point, known)) flaws.push({ path: [...path, 'gates', i, 'point'], message: `${gate.point} is no point of the profile; ${advise(gate.point, known)}` })
      else if (source === undefined && computed.has(gate.point)) flaws.push({ path: [...path, 'gates', i, 'point'], message: gateOnComputed(gate.point) })
    }
  }
  const nodes = linked.flatMap(({ names, computed: source, gates }) => (source === undefined ? [] : names.map((name) => ({ name, needs: needsOf(name, source, gates) }))))
  const outcome = orderByNeed(nodes)
  if ('circle' in outcome) {
    const entry = linked.find(({ names }) => names.includes(outcome.circle[0] ?? ''))
    flaws.push({ path: [...(entry?.path ?? []), 'computed', 'inputs'], message: circleMessage(outcome.circle) })
  }
  return flaws
}

interface LinkedEntry {
  readonly path: readonly (string | number)[]
  /** Names as the wiring gives them when it says nothing else; with {slot} in those of templates. */
  readonly names: readonly string[]
  readonly computed: ComputedSource | undefined
  readonly gates: readonly Gate[]
}

function linkedEntries(profile: Profile): LinkedEntry[] {
  const points = profile.points.map(({ name, computed, gates = [] }, i) => ({ path: ['points', i], names: [name], computed, gates }))
  const templates = profile.templates.map(({ name, sensorTypes, computed, gates = [] }, i) => ({
    path: ['templates', i],
    names: name === undefined ? sensorTypes.map((code) => `${SENSOR_TYPES[code]?.id.toLowerCase() ?? code}-{slot}`) : [name],
    computed,
    gates,
  }))
  return [...points, ...templates]
}

// A number at the end may be the slot of a sensor that all others share, such as the one pond level.
function isKnown(name: string, known: readonly string[]): boolean {
  return known.includes(name) || known.includes(name.replace(/-\d+$/, '-{slot}'))
}

/** Names that a computed point needs before it; its own gate on itself is none. */
export function needsOf(name: string, { inputs }: { readonly inputs: Readonly<Record<string, string>> }, gates: readonly Gate[]): string[] {
  return [...Object.values(inputs), ...gates.map(({ point }) => point).filter((point) => point !== name)]
}

/** Says that points need each other. */
export function circleMessage(circle: readonly string[]): string {
  return `${circle.join(' needs ')}; a computed point must not need itself`
}

/** Says that a measured value cannot wait for a computed one. */
export function gateOnComputed(name: string): string {
  return `${name} is computed; the gate of a measured point must be a measured point`
}

function advise(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  return near === undefined ? `known are ${known.join(', ') || 'none'}` : `did you mean ${near}?`
}
