/*
 * From names to points: which point of a wired device each input and each gate means, whether it fits, and in which order
 * computed points are made. Not here: single points (resolve.ts), arithmetic (formulas.ts).
 */
import { nearest } from '@orewatch/config'
import { circleMessage, gateOnComputed, needsOf, orderByNeed } from './computed-checks.ts'
import { FORMULAS } from './formulas.ts'
import type { ResolvedPoint } from './profile.ts'

/** A resolved point, the name that the profile gives it, and where it stands in the wiring. */
export interface WiredPoint {
  readonly point: ResolvedPoint
  readonly nativeName: string
  readonly index: number
  /** The profile or the wiring says how often the point comes. */
  readonly hasOwnPeriod: boolean
}

/** Something wrong with point `index` of the wiring, below `path`. */
export interface LinkProblem {
  readonly index: number
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Points with their inputs and gates found: measured ones in the order of the wiring, then computed ones, each after what it needs. */
export function linkPoints(wired: readonly WiredPoint[]): { readonly points: readonly ResolvedPoint[]; readonly problems: readonly LinkProblem[] } {
  if (!wired.some(({ point }) => point.source.kind === 'computed' || point.gates !== undefined)) return { points: wired.map(({ point }) => point), problems: [] }
  const problems: LinkProblem[] = []
  const directory = new Directory(wired)
  const linked = wired.map((one) => ({ ...one, point: linkOne(one, directory, problems) }))
  const computed = linked.filter(({ point }) => point.source.kind === 'computed')
  const outcome = orderByNeed(computed.map(({ point: { name, source, gates = [] } }) => ({ name, needs: source.kind === 'computed' ? needsOf(name, source.computed, gates) : [] })))
  if ('circle' in outcome) {
    const index = computed.find(({ point }) => point.name === outcome.circle[0])?.index ?? 0
    return { points: [], problems: [...problems, { index, path: ['inputs'], message: circleMessage(outcome.circle) }] }
  }
  const byName = new Map(linked.map(({ point }) => [point.name, point]))
  const freelyPaced = new Map(computed.filter(({ hasOwnPeriod }) => !hasOwnPeriod).map(({ point }) => [point.name, point]))
  for (const name of outcome.order) {
    const point = freelyPaced.get(name)
    if (point !== undefined) byName.set(name, paced(point, byName))
  }
  const measured = linked.filter(({ point }) => point.source.kind !== 'computed').map(({ point }) => point)
  return { points: [...withCompanions(measured, [...byName.values()]), ...outcome.order.flatMap((name) => byName.get(name) ?? [])], problems }
}

class Directory {
  readonly names: readonly string[]
  readonly #byName: ReadonlyMap<string, ResolvedPoint>
  readonly #byNative: ReadonlyMap<string, readonly WiredPoint[]>

  constructor(wired: readonly WiredPoint[]) {
    this.names = wired.map(({ point }) => point.name)
    this.#byName = new Map(wired.map(({ point }) => [point.name, point]))
    this.#byNative = Map.groupBy(wired, ({ nativeName }) => nativeName)
  }

  /** A point by its name here, or by that of the profile where the wiring renamed it and it is the only one. */
  find(name: string): ResolvedPoint | undefined {
    const natives = this.#byNative.get(name)
    return this.#byName.get(name) ?? (natives?.length === 1 ? natives[0]?.point : undefined)
  }

  /** What a name that leads nowhere should have been. */
  advise(name: string): string {
    const near = nearest(name, this.names)
    return near === undefined ? `wire it, or name one of ${this.names.join(', ')}` : `wire it, or did you mean ${near}?`
  }
}

function linkOne({ point, index }: WiredPoint, directory: Directory, problems: LinkProblem[]): ResolvedPoint {
  const gates = point.gates?.map((gate, i) => {
    const found = directory.find(gate.point)
    const path = ['gates', i, 'point']
    if (found === undefined) problems.push({ index, path, message: `${point.name} has a gate on ${gate.point}, which is no point of this device; ${directory.advise(gate.point)}` })
    else if (found.source.kind === 'computed' && point.source.kind !== 'computed') problems.push({ index, path, message: gateOnComputed(gate.point) })
    return { ...gate, point: found?.name ?? gate.point }
  })
  const source = linkSource(point, index, directory, problems)
  return { ...point, source, ...(gates !== undefined && { gates }) }
}

function linkSource({ name, source }: ResolvedPoint, index: number, directory: Directory, problems: LinkProblem[]): ResolvedPoint['source'] {
  const formula = source.kind === 'computed' ? FORMULAS[source.computed.formula] : undefined
  if (source.kind !== 'computed' || formula === undefined) return source
  const { computed } = source
  const inputs = Object.entries(computed.inputs).map(([role, wanted]) => {
    const found = directory.find(wanted)
    const unit = formula.inputs[role]?.unit
    const path = ['inputs', role]
    if (found === undefined) problems.push({ index, path, message: `${name} takes its ${role} from ${wanted}, which is no point of this device; ${directory.advise(wanted)}` })
    else if (found.unit !== unit) problems.push({ index, path, message: `${name} takes its ${role} from ${found.name} in ${found.unit}; ${computed.formula} needs a point in ${unit}` })
    return [role, found?.name ?? wanted] as const
  })
  for (const [key, { about, unit, with: role }] of Object.entries(formula.constants)) {
    if (computed.constants?.[key] !== undefined || (role !== undefined && computed.inputs[role] === undefined)) continue
    problems.push({ index, path: ['constants'], message: `constant ${key} of ${name} is missing: ${about} Give it in ${unit} under constants of this point` })
  }
  return { kind: 'computed', computed: { ...computed, inputs: Object.fromEntries(inputs) } }
}

// A computed point comes as often as its quickest input, whatever its class says: completeness is counted against its period.
function paced(point: ResolvedPoint, byName: ReadonlyMap<string, ResolvedPoint>): ResolvedPoint {
  if (point.source.kind !== 'computed') return point
  const periods = Object.values(point.source.computed.inputs).flatMap((name) => byName.get(name)?.periodMs ?? [])
  return periods.length === 0 ? point : { ...point, periodMs: Math.min(...periods) }
}

// Of two requests one can come late or fail: a frequency would be corrected with the temperature of another time.
function withCompanions(measured: readonly ResolvedPoint[], all: readonly ResolvedPoint[]): ResolvedPoint[] {
  const companions = new Map<string, Set<string>>()
  const meet = (names: readonly string[]): void => {
    for (const name of names) {
      const known = companions.get(name) ?? new Set()
      companions.set(name, known)
      for (const other of names) if (other !== name) known.add(other)
    }
  }
  for (const { name, source, gates = [] } of all) meet(source.kind === 'computed' ? Object.values(source.computed.inputs) : [name, ...gates.map(({ point }) => point)])
  return measured.map((point) => {
    const readWith = [...(companions.get(point.name) ?? [])]
    return readWith.length === 0 ? point : { ...point, readWith }
  })
}
