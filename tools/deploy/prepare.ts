/*
 * Makes the secrets of compose.yaml: random passwords, an authority with server certificates, the files of Mosquitto. What is
 * there stays, so it may be run again: after `orewatch gateway add` it gives Mosquitto the new gateway. Every file belongs to
 * the account that reads it in its container, since Compose mounts files as they are.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashPassword, mosquittoFiles, readCredentialFile, writeCredentialFile } from '../../central/broker/index.ts'
import { ensureAuthority, ensureServerCertificate } from './certificates.ts'

/** Accounts in the containers: ours as docker/Dockerfile makes them, the others as their images do. */
export const ACCOUNTS = { root: 0, central: 10_001, field: 10_002, mosquitto: 1_883, postgresql: 999, grafana: 472 } as const

/** A file of the prepared directory and who reads it. */
export interface Place {
  readonly file: string
  readonly owner: keyof typeof ACCOUNTS
  /** Who else: Grafana's container runs with the group 0. */
  readonly isSharedWithGroup0?: boolean
  /** No secret. */
  readonly isPublic?: boolean
}

const RANDOM_PASSWORDS: readonly Place[] = [
  { file: 'broker-central-password', owner: 'central' },
  { file: 'influxdb-admin-password', owner: 'central' },
  { file: 'influxdb-central-password', owner: 'central' },
  { file: 'influxdb-grafana-password', owner: 'central', isSharedWithGroup0: true },
  { file: 'postgresql-password', owner: 'postgresql' },
  { file: 'postgresql-grafana-password', owner: 'central', isSharedWithGroup0: true },
  { file: 'grafana-admin-password', owner: 'grafana' },
  { file: 'gateway-password', owner: 'field' },
]
const OTHER_PLACES: readonly Place[] = [
  { file: 'postgresql-url', owner: 'central' },
  { file: 'ca.key', owner: 'root' },
  // Gateways need it to know the broker by.
  { file: 'ca.pem', owner: 'root', isPublic: true },
  { file: 'central.pem', owner: 'central' },
  { file: 'central.key', owner: 'central' },
  { file: 'broker/credentials.yaml', owner: 'central' },
  ...['server.pem', 'server.key', 'mosquitto.conf', 'passwords', 'acl'].map((name): Place => ({ file: `mosquitto/${name}`, owner: 'mosquitto' })),
]
/** Every file that is made, and whose it is. */
export const PREPARED: readonly Place[] = [...RANDOM_PASSWORDS, ...OTHER_PLACES]
const GATEWAY = '990121/gw-u1'
const HOST_USER = 'central'
/** Where the directory `mosquitto` is in Mosquitto's container. */
export const MOSQUITTO_DIRECTORY = '/mosquitto/orewatch'

/** How to prepare. */
export interface PrepareOptions {
  /** Host names and addresses by which gateways and browsers reach this machine. */
  readonly names: readonly string[]
  /** Tells of each file that was made. */
  readonly report: (line: string) => void
}

/** Makes everything that is missing in the directory and gives each file to its reader (as root; else they stay one's own). */
export function prepare(directory: string, { names, report }: PrepareOptions): void {
  for (const folder of ['', 'mosquitto', 'broker']) mkdirSync(join(directory, folder), { recursive: true, mode: 0o755 })
  for (const { file } of RANDOM_PASSWORDS) ensureFile(join(directory, file), () => `${randomBytes(24).toString('base64url')}\n`, report)
  ensureFile(join(directory, 'postgresql-url'), () => `postgresql://orewatch:${read(directory, 'postgresql-password')}@postgresql:5432/orewatch\n`, report)
  makeCertificates(directory, names)
  makeBrokerFiles(directory)
  for (const place of PREPARED) give(directory, place)
  give(directory, { file: 'broker', owner: 'central' }, 0o700)
  give(directory, { file: 'mosquitto', owner: 'mosquitto' }, 0o700)
}

function ensureFile(file: string, text: () => string, report: (line: string) => void): void {
  if (existsSync(file)) return
  writeFileSync(file, text(), { mode: 0o600 })
  report(`made ${file}`)
}

function read(directory: string, file: string): string {
  return readFileSync(join(directory, file), 'utf8').trim()
}

function makeCertificates(directory: string, names: readonly string[]): void {
  const at = (certificate: string, key: string) => ({ certificate: join(directory, certificate), key: join(directory, key) })
  const authority = at('ca.pem', 'ca.key')
  ensureAuthority(authority)
  ensureServerCertificate(at('central.pem', 'central.key'), [...names, 'localhost', 'central', '127.0.0.1'], authority)
  ensureServerCertificate(at('mosquitto/server.pem', 'mosquitto/server.key'), [...names, 'localhost', 'mosquitto', '127.0.0.1'], authority)
}

// Hashes are salted anew each time, so an existing entry stays as it is while its password does.
function makeBrokerFiles(directory: string): void {
  const file = join(directory, 'broker/credentials.yaml')
  if (!existsSync(file)) {
    const gateways = { [GATEWAY]: hashPassword(read(directory, 'gateway-password')) }
    writeCredentialFile(file, { gateways, hosts: { [HOST_USER]: { groups: 'all', hash: hashPassword(read(directory, 'broker-central-password')) } } })
  }
  const tls = { certFile: `${MOSQUITTO_DIRECTORY}/server.pem`, keyFile: `${MOSQUITTO_DIRECTORY}/server.key` }
  const files = mosquittoFiles(readCredentialFile(file), { host: '0.0.0.0', port: 8_883, directory: MOSQUITTO_DIRECTORY, tls })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'mosquitto', name), text, { mode: 0o600 })
}

function give(directory: string, place: Place, mode = modeOf(place)): void {
  const path = join(directory, place.file)
  chmodSync(path, mode)
  if (process.getuid?.() === 0) chownSync(path, ACCOUNTS[place.owner], place.isSharedWithGroup0 === true ? 0 : ACCOUNTS[place.owner])
}

function modeOf({ isPublic, isSharedWithGroup0 }: Place): number {
  if (isPublic === true) return 0o644
  return isSharedWithGroup0 === true ? 0o640 : 0o600
}
