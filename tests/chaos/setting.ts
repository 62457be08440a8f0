/* Configuration files of one run. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword } from '../../central/broker/credentials.ts'

/** The mine whose gateway is beaten. */
export const SUBJECT = '990121100001'
/** Units of the simulated device, and values of each. */
export const UNITS = 3
export const VALUES_PER_UNIT = 128
const PERIOD_MS = 200

/** Passwords and their file for broker, ingest and gateway. */
export interface Credentials {
  readonly content: { readonly gateways: Record<string, string>; readonly hosts: Record<string, { readonly groups: 'all'; readonly hash: string }> }
  readonly file: string
  readonly ingestPasswordFile: string
  readonly gatewayPasswordFile: string
}

/** Makes the credentials of a run. */
export function makeCredentials(directory: string): Credentials {
  const secret = (): string => randomBytes(18).toString('base64url')
  const gateway = secret()
  const ingest = secret()
  const content = { gateways: { '990121/gw-u1': hashPassword(gateway, 1_000) }, hosts: { ingest: { groups: 'all' as const, hash: hashPassword(ingest, 1_000) } } }
  const write = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  return { content, file: write('credentials.json', JSON.stringify(content)), ingestPasswordFile: write('ingest.password', ingest), gatewayPasswordFile: write('gateway.password', gateway) }
}

/** Writes the gateway's configuration. */
export function writeGatewaySettings(options: {
  readonly directory: string
  readonly devicePort: number
  readonly brokerPort: number
  readonly tapSocket: string
  readonly passwordFile: string
}): string {
  const { directory, devicePort, brokerPort, tapSocket, passwordFile } = options
  const devices = Array.from({ length: UNITS }, (_, u) => {
    const points = Array.from({ length: VALUES_PER_UNIT }, (__, i) => {
      const serial = String(u * VALUES_PER_UNIT + i + 1).padStart(4, '0')
      return `      - { slot: ${i + 1}, sensorType: "0101", name: p-${i}, title: { zh: 图样${serial}, en: pattern ${serial} }, pointCode: "${SUBJECT}010101${serial}", periodMs: ${PERIOD_MS} }`
    })
    return `  - id: unit-${u + 1}\n    line: line\n    unit: ${u + 1}\n    profile: ${join(import.meta.dirname, 'pattern.yaml')}\n    points:\n${points.join('\n')}`
  })
  const file = join(directory, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: { group: "990121", node: gw-u1, subject: "${SUBJECT}" }
dataDirectory: gateway
uplink: { url: "mqtt://127.0.0.1:${brokerPort}", passwordFile: ${passwordFile}, reconnectMinMs: 200, reconnectMaxMs: 1000 }
outbox: { tapSocket: ${tapSocket} }
probes: { port: 0 }
lines:
  - id: line
    modbus: { host: 127.0.0.1, port: ${devicePort}, reconnectMinMs: 50, reconnectMaxMs: 200, breakerPauseMs: 200, breakerMaxPauseMs: 500 }
devices:
${devices.join('\n')}
`,
  )
  return file
}

/** Writes central's configuration. */
export function writeCentralSettings(options: { readonly directory: string; readonly port: number; readonly brokerPort: number; readonly passwordFile: string; readonly influxUrl?: string }): string {
  const { directory, port, brokerPort, passwordFile, influxUrl } = options
  const file = join(directory, 'central.yaml')
  writeFileSync(
    file,
    `dataDirectory: central
listen: { host: 127.0.0.1, port: ${port} }
broker: { remote: { url: "mqtt://127.0.0.1:${brokerPort}", userName: ingest, passwordFile: ${passwordFile} } }
store: ${influxUrl === undefined ? '{ kind: duckdb, directory: telemetry }' : `{ kind: influxdb, url: "${influxUrl}", database: orewatch }`}
fixturesFile: ${JSON.stringify(join(import.meta.dirname, '../../examples/demo-mine/county.yaml'))}
`,
  )
  return file
}
