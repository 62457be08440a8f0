import { dirname, isAbsolute, resolve } from 'node:path'
import { type Located, loadYaml, nearest } from '@orewatch/config'
import { ConfigError, parsePointCode } from '@orewatch/core'
import { loadProfile, type Profile, type ResolvedPoint, resolveEvents, resolvePoints } from '@orewatch/firmware-adapters'
import type { DeviceSpec } from '../drivers/driver.ts'
import { transportProblems } from '../drivers/modbus/config.ts'
import { DRIVER_IDS, DRIVERS, driversOf } from '../drivers/registry.ts'
import type { TimePolicy } from '../pipeline/judge.ts'
import { type DeviceConfig, GatewayConfig, type LineConfig } from './schema.ts'

/** A device with everything that the programs need resolved. */
export interface DeviceSetting {
  readonly id: string
  readonly line: string
  readonly title: string
  readonly profile: string
  readonly family: string
  readonly time: TimePolicy
  /** Measured points in the order of `spec.points`, then computed ones: an index of the driver means the same point here. */
  readonly points: readonly ResolvedPoint[]
  /** What the driver is told: the measured points only. */
  readonly spec: DeviceSpec
}

/** A checked configuration. */
export interface GatewaySettings {
  readonly config: GatewayConfig
  /** Absolute. */
  readonly dataDirectory: string
  readonly lines: ReadonlyMap<string, LineConfig>
  readonly devices: ReadonlyMap<string, DeviceSetting>
}

/**
 * Loads and checks a gateway's configuration: the schema, then that lines, profiles, units and point codes fit together.
 * Throws ConfigError with one problem per line, each with file and line number.
 */
export function loadSettings(file: string): GatewaySettings {
  const located = loadYaml(file, GatewayConfig)
  const { value: config, lineOf } = located
  const base = dirname(resolve(file))
  const problems: string[] = []
  const lines = new Map<string, LineConfig>()
  for (const [i, line] of config.lines.entries()) {
    if (lines.has(line.id)) problems.push(`${lineOf(['lines', i, 'id'])}: line ${line.id} is there twice; ids must be unique`)
    if (driversOf(line).length !== 1) problems.push(`${lineOf(['lines', i])}: line ${line.id} must have exactly one of ${DRIVER_IDS.join(', ')}`)
    if (line.modbus !== undefined) problems.push(...transportProblems(line.modbus).map((problem) => `${lineOf(['lines', i, 'modbus'])}: ${problem}`))
    lines.set(line.id, line)
  }
  const devices = resolveDevices(located, lines, base, problems)
  problems.push(...pointCodeProblems(located, devices))
  if (problems.length > 0) throw new ConfigError(problems)
  const absolute = withAbsolutePaths(config, base)
  return { config: absolute, dataDirectory: resolve(base, config.dataDirectory), lines: new Map(absolute.lines.map((line) => [line.id, line])), devices }
}

function resolveDevices({ value: config, lineOf }: Located<GatewayConfig>, lines: ReadonlyMap<string, LineConfig>, base: string, problems: string[]): Map<string, DeviceSetting> {
  const devices = new Map<string, DeviceSetting>()
  for (const [i, device] of config.devices.entries()) {
    const at = (key: string): string => lineOf(['devices', i, key])
    if (devices.has(device.id)) problems.push(`${at('id')}: device ${device.id} is there twice; ids must be unique`)
    const line = lines.get(device.line)
    if (line === undefined) {
      const near = nearest(device.line, [...lines.keys()])
      problems.push(`${at('line')}: there is no line ${device.line}; ${near === undefined ? `lines are ${[...lines.keys()].join(', ')}` : `did you mean ${near}?`}`)
      continue
    }
    try {
      devices.set(
        device.id,
        settingOf(device, line, base, (path) => lineOf(['devices', i, ...path])),
      )
    } catch (err) {
      if (!(err instanceof ConfigError)) throw err
      problems.push(...err.problems)
    }
  }
  problems.push(...unitProblems(config.devices, lines, lineOf))
  return devices
}

function settingOf(device: DeviceConfig, line: LineConfig, base: string, locate: (path: readonly (string | number)[]) => string): DeviceSetting {
  const isFile = /\.ya?ml$/.test(device.profile)
  let profile: Profile
  try {
    profile = loadProfile(isFile && !isAbsolute(device.profile) ? resolve(base, device.profile) : device.profile)
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    throw new ConfigError(err.problems.map((problem) => (isFile ? problem : `${locate(['profile'])}: ${problem}`)))
  }
  const [driver] = driversOf(line)
  if (driver !== undefined && profile.protocol !== DRIVERS[driver].profiles)
    throw new ConfigError([`${locate(['profile'])}: profile ${profile.id} is for ${profile.protocol}, but line ${line.id} speaks ${driver}`])
  if (driver === 'modbus' && device.unit === undefined) throw new ConfigError([`${locate([])}: device ${device.id} needs unit: its Modbus unit identifier, 0–255`])
  const wiring = { ...(device.options && { options: device.options }), ...(device.points && { points: device.points }) }
  const points = resolvePoints(profile, wiring, locate)
  const events = resolveEvents(profile, wiring)
  return {
    id: device.id,
    line: device.line,
    title: device.title ?? profile.title.zh,
    profile: profile.id,
    family: profile.id.split('/')[0] ?? profile.id,
    time: { clock: device.options?.deviceTime === 'use' ? 'device' : 'gateway', maxSkewMs: device.maxSkewMs },
    points,
    spec: {
      id: device.id,
      points: points.filter(({ source }) => source.kind !== 'computed'),
      ...(device.unit !== undefined && { unit: device.unit }),
      ...(profile.protocol === 'modbus' && { quirks: profile.quirks }),
      ...(events.length > 0 && { events }),
    },
  }
}

function unitProblems(devices: readonly DeviceConfig[], lines: ReadonlyMap<string, LineConfig>, lineOf: Located<unknown>['lineOf']): string[] {
  const taken = new Map<string, string>()
  return devices.flatMap((device, i) => {
    if (device.unit === undefined || lines.get(device.line)?.modbus === undefined) return []
    const key = `${device.line}/${device.unit}`
    const other = taken.get(key)
    taken.set(key, device.id)
    return other === undefined ? [] : [`${lineOf(['devices', i, 'unit'])}: unit ${device.unit} on line ${device.line} is already device ${other}`]
  })
}

function pointCodeProblems({ value: config, lineOf }: Located<GatewayConfig>, devices: ReadonlyMap<string, DeviceSetting>): string[] {
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const [i, device] of config.devices.entries()) {
    for (const point of devices.get(device.id)?.points ?? []) {
      if (point.pointCode === undefined) continue
      const name = `${device.id}/${point.name}`
      const other = owners.get(point.pointCode)
      if (other !== undefined) problems.push(`${lineOf(['devices', i])}: point code ${point.pointCode} of ${name} already belongs to ${other}`)
      owners.set(point.pointCode, name)
      const subject = parsePointCode(point.pointCode)?.subjectCode
      if (subject !== config.gateway.subject)
        problems.push(`${lineOf(['devices', i])}: point code ${point.pointCode} of ${name} is of subject ${subject ?? 'none'}; this gateway is of ${config.gateway.subject}`)
    }
  }
  return problems
}

function withAbsolutePaths(config: GatewayConfig, base: string): GatewayConfig {
  const { uplink } = config
  const absolute = (file: string | undefined): string | undefined => (file === undefined ? undefined : resolve(base, file))
  const files = Object.fromEntries(
    (['passwordFile', 'caFile', 'certFile', 'keyFile'] as const).flatMap((key) => {
      const path = absolute(uplink[key])
      return path === undefined ? [] : [[key, path]]
    }),
  )
  const lines = config.lines.map((line): LineConfig => {
    if (line.opcua === undefined) return line
    const { passwordFile, pkiDirectory } = line.opcua
    return {
      ...line,
      opcua: { ...line.opcua, ...(passwordFile !== undefined && { passwordFile: resolve(base, passwordFile) }), ...(pkiDirectory !== undefined && { pkiDirectory: resolve(base, pkiDirectory) }) },
    }
  })
  return { ...config, lines, uplink: { ...uplink, ...files } }
}
