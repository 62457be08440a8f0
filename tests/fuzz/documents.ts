/*
 * Profiles and configuration. A mutant that is taken must say what a second parse of the YAML says, defaults being the
 * only things added, and keep the promises that the rest of the program builds on. One that is refused must be refused
 * with ConfigError whose every problem names file and line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, SENSOR_TYPES } from '@orewatch/core'
import { type ModbusSource, parseProfile, type Profile, type ResolvedPoint, resolvePoints } from '@orewatch/firmware-adapters'
import { parse } from 'yaml'
import { loadCentralSettings } from '../../central/settings/index.ts'
import { parseFixtures } from '../../central/registry/fixtures.ts'
import { loadSettings } from '../../edge/settings/load.ts'
import { type DocumentCase, makeDocumentCase } from './document-cases.ts'
import { type FuzzKind, fuzzKind, type Verdict } from './kind.ts'

/** The functions under test; a test of the harness gives wrong ones. */
export interface DocumentReaders {
  readonly parseProfile: typeof parseProfile
}

/** The kind `documents`, and the directory that it needs while it runs. */
export interface DocumentsKind {
  readonly kind: FuzzKind
  close(): void
}

// Problems of files beside the configuration speak of those files; everything else names a line.
const PROBLEM = /^[^\n]*\.yaml:[1-9]\d*: [^\n]+$/

/** The kind `documents`. */
export function documentsKind(readers: DocumentReaders = { parseProfile }): DocumentsKind {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-fuzz-'))
  const kind = fuzzKind<DocumentCase>({ name: 'documents', weight: 4, make: makeDocumentCase, judge: (fuzzed) => judge(fuzzed, directory, readers) })
  return { kind, close: () => rmSync(directory, { recursive: true, force: true }) }
}

function judge({ form, bytes }: DocumentCase, directory: string, readers: DocumentReaders): Verdict {
  const text = Buffer.from(bytes).toString('utf8')
  const file = join(directory, `${form}.yaml`)
  try {
    const why = checkTaken(form, text, file, readers)
    return why === undefined ? { kind: 'accepted' } : { kind: 'wrong', why }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    if (err.problems.length === 0) return { kind: 'wrong', why: 'refused without a problem' }
    const vague = err.problems.find((problem) => !PROBLEM.test(problem))
    return vague === undefined ? { kind: 'refused' } : { kind: 'wrong', why: `a problem names no line: ${vague}` }
  }
}

function checkTaken(form: DocumentCase['form'], text: string, file: string, readers: DocumentReaders): string | undefined {
  if (form === 'profile') {
    const profile = readers.parseProfile(text, file)
    return lost(parse(text), profile, '') ?? brokenProfile(profile)
  }
  if (form === 'fixtures') {
    const { divisions, mines, gateways, problems } = parseFixtures(text, file)
    const vague = problems.find((problem) => !PROBLEM.test(problem))
    if (vague !== undefined) return `a problem names no line: ${vague}`
    const kept = { divisions, mines, gateways }
    const raw = (parse(text) ?? {}) as Record<string, unknown[] | undefined>
    for (const [key, rows] of Object.entries(kept))
      for (const { row } of rows) if (!(raw[key] ?? []).some((candidate) => lost(candidate, row, key) === undefined)) return `a row of ${key} is not in the file: ${JSON.stringify(row)}`
    return undefined
  }
  writeFileSync(file, text)
  if (form === 'central') {
    const { listen, broker } = loadCentralSettings(file)
    const isOpen = (host: string): boolean => !/^(127\.|::1$|localhost$)/.test(host)
    if (isOpen(listen.host) && listen.tls === undefined && !listen.isBehindProxy) return `listens in plain text on ${listen.host}`
    return broker.kind === 'embedded' && isOpen(broker.host) && broker.tls === undefined ? `the broker listens in plain text on ${broker.host}` : undefined
  }
  const settings = loadSettings(file)
  for (const { points, spec, line } of settings.devices.values()) {
    if (!settings.lines.has(line)) return `device ${spec.id} is on no line`
    const why = brokenPoints(points)
    if (why !== undefined) return `device ${spec.id}: ${why}`
  }
  const { uplink: _, ...rest } = settings.config
  const { uplink: __, ...raw } = parse(text) as Record<string, unknown>
  return lost(raw, rest, '')
}

/** Where a value of the second parse is not in what was read; keys that were added hold defaults. */
function lost(raw: unknown, read: unknown, path: string): string | undefined {
  if (typeof raw !== 'object' || raw === null) return Object.is(raw, read) ? undefined : `${path}: the file says ${JSON.stringify(raw)}, what was read is ${JSON.stringify(read)}`
  if (typeof read !== 'object' || read === null || Array.isArray(raw) !== Array.isArray(read)) return `${path}: is of another kind than in the file`
  if (Array.isArray(raw) && raw.length !== (read as unknown[]).length) return `${path}: ${raw.length} entries in the file, ${(read as unknown[]).length} read`
  for (const [key, value] of Object.entries(raw)) {
    const found = lost(value, (read as Record<string, unknown>)[key], `${path}/${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

function brokenProfile(profile: Profile): string | undefined {
  const names = profile.points.map(({ name }) => name)
  if (new Set(names).size < names.length) return 'two points have one name'
  if (profile.points.length > 0) {
    const why = brokenPoints(resolvePoints(profile))
    if (why !== undefined) return why
  }
  for (const { id, slots, sensorTypes, computed, needs = [], gates = [] } of profile.templates) {
    // What leans on other points or on the site cannot be wired alone.
    if (computed !== undefined || needs.length > 0 || gates.length > 0) continue
    // The first and the last slot, wired: what the profile promises must be there.
    const points = [...new Set([1, slots])].map((slot) => ({ template: id, slot, sensorType: sensorTypes[0] as string, name: `slot-${slot}` }))
    const why = brokenPoints(resolvePoints(profile, { points }))
    if (why !== undefined) return `template ${id}: ${why}`
  }
  return undefined
}

const WORDS = { int16: 1, uint16: 1, bit: 1, int32: 2, uint32: 2, float32: 2, int64: 4, uint64: 4, float64: 4 } as const

function brokenPoints(points: readonly ResolvedPoint[]): string | undefined {
  for (const { name, sensorType, scale, offset, rangeLo, rangeHi, periodMs, source } of points) {
    const numbers = [scale, offset, rangeLo ?? 0, rangeHi ?? 0, periodMs]
    if (!numbers.every(Number.isFinite)) return `${name} has a number that is none: ${numbers.join()}`
    if (SENSOR_TYPES[sensorType] === undefined) return `${name} is of no class`
    if (scale === 0 || periodMs < 10) return `${name} has scale ${scale} and period ${periodMs}`
    if (rangeLo !== undefined && rangeHi !== undefined && rangeLo >= rangeHi) return `${name} has an empty range`
    if (source.kind === 'modbus' && !isInside(source.modbus)) return `${name} lies outside 0…65535`
  }
  return undefined
}

function isInside({ area, address, type, status, timestamp }: ModbusSource): boolean {
  const words = area === 'coil' || area === 'discrete' ? 1 : WORDS[type]
  const spans = [
    [address, words],
    [status?.address ?? 0, 1],
    [timestamp?.address ?? 0, 2],
  ] as const
  return spans.every(([at, length]) => at >= 0 && at + length <= 65_536)
}
