/*
 * Who may log in, and with which password. One hash format, PBKDF2-SHA512 as `mosquitto_passwd` writes it, so that the
 * embedded broker and Mosquitto read the same hashes. Not here: what an identity may do (access.ts).
 */
import { createHmac, pbkdf2, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { loadYaml } from '@orewatch/config'
import { ConfigError, systemClock, type Clock } from '@orewatch/core'
import { type Static, Type } from 'typebox'
import { type Identity, parseGatewayUserName } from './access.ts'
import { brokerErrors } from './errors.ts'

/** What is known of a user name. */
export interface Credential {
  readonly identity: Identity
  /** As `hashPassword` makes it. */
  readonly passwordHash: string
}

/** Where credentials come from: a file, or the register. */
export interface CredentialSource {
  /** The credential of a user name; rejects when it cannot be looked up now, and then nobody gets in. */
  find(userName: string): Promise<Credential | undefined>
}

const HASH = /^\$7\$(?<iterations>\d{1,7})\$(?<salt>[A-Za-z0-9+/=]+)\$(?<hash>[A-Za-z0-9+/=]+)$/
const KEY_BYTES = 64
// Passwords of gateways are random and long; this slows down guessing of short ones that people chose, and Mosquitto
// computes it on its only thread.
const ITERATIONS = 10_000
const derive = promisify(pbkdf2)

/** Hashes a password: `$7$<iterations>$<salt>$<hash>`, PBKDF2-SHA512, base64. */
export function hashPassword(password: string, iterations = ITERATIONS): string {
  const salt = randomBytes(12)
  const hash = pbkdf2Sync(password, salt, iterations, KEY_BYTES, 'sha512')
  return `$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/** Checks passwords in constant time, off the event loop, and remembers what was right so that a storm of reconnects is cheap. */
export class PasswordVerifier {
  readonly #key = randomBytes(32)
  readonly #dummyHash = hashPassword(randomBytes(16).toString('hex'))
  readonly #known = new Map<string, Buffer>()
  readonly #maxKnown = 50_000

  /** Whether the password belongs to the hash; an absent hash takes as long and is never right. */
  async verify(password: Buffer, passwordHash: string | undefined): Promise<boolean> {
    const proof = createHmac('sha256', this.#key)
      .update(passwordHash ?? '')
      .update('\0')
      .update(password)
      .digest()
    const known = passwordHash === undefined ? undefined : this.#known.get(passwordHash)
    if (known !== undefined && timingSafeEqual(known, proof)) return true
    const isRight = await matches(password, passwordHash ?? this.#dummyHash)
    if (!isRight || passwordHash === undefined) return false
    if (this.#known.size >= this.#maxKnown) this.#known.clear()
    this.#known.set(passwordHash, proof)
    return true
  }
}

async function matches(password: Buffer, passwordHash: string): Promise<boolean> {
  const { iterations, salt, hash } = HASH.exec(passwordHash)?.groups ?? {}
  if (iterations === undefined || salt === undefined || hash === undefined) throw brokerErrors.BAD_HASH()
  const expected = Buffer.from(hash, 'base64')
  const actual = await derive(password, Buffer.from(salt, 'base64'), Number(iterations), expected.length, 'sha512')
  return timingSafeEqual(actual, expected)
}

const CredentialFile = Type.Object(
  {
    gateways: Type.Record(Type.String(), Type.String({ description: 'Password hash of the gateway <group>/<node>, as `orewatch-broker hash` prints it.' }), { default: {} }),
    hosts: Type.Record(
      Type.String(),
      Type.Object(
        {
          groups: Type.Union([Type.Literal('all'), Type.Array(Type.String())], { description: 'Division codes whose data this host reads, or all.' }),
          hash: Type.String({ description: 'Password hash.' }),
        },
        { additionalProperties: false },
      ),
      { default: {}, description: 'Sparkplug hosts such as ingest, by user name.' },
    ),
  },
  { additionalProperties: false },
)

/** The content of a credential file. */
export type CredentialFile = Static<typeof CredentialFile>

/** Writes a credential file that only its owner may read, in place of an older one. */
export function writeCredentialFile(file: string, content: CredentialFile): void {
  const temporary = `${file}.${process.pid}.new`
  const descriptor = openSync(temporary, 'w', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(content, undefined, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(temporary, file)
}

/** Reads a credential file; throws ConfigError with file and line, also when others may read it. */
export function readCredentialFile(file: string): CredentialFile {
  const located = loadYaml(file, CredentialFile)
  const { value } = located
  const problems: string[] = []
  if ((statSync(file).mode & 0o077) !== 0) problems.push(`${file}: others on this machine may read it; chmod 600 it`)
  for (const [name, hash] of Object.entries(value.gateways)) {
    if (parseGatewayUserName(name) === undefined) problems.push(`${located.lineOf(['gateways', name])}: ${name} is not a gateway; it must be <group>/<node>`)
    if (!HASH.test(hash)) problems.push(`${located.lineOf(['gateways', name])}: the hash must look like $7$<iterations>$<salt>$<hash>`)
  }
  for (const [name, host] of Object.entries(value.hosts)) {
    if (parseGatewayUserName(name) !== undefined) problems.push(`${located.lineOf(['hosts', name])}: ${name} looks like a gateway; a host's name holds no slash`)
    if (!HASH.test(host.hash)) problems.push(`${located.lineOf(['hosts', name])}: the hash must look like $7$<iterations>$<salt>$<hash>`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return value
}

/** Credentials from a file, which is read again when it has changed, at most once a second. */
export function credentialsFromFile(file: string, clock: Clock = systemClock): CredentialSource {
  let content = credentialsOf(readCredentialFile(file))
  let version = versionOf(file)
  let checkedMs = clock.monotonicMs()
  return {
    async find(userName) {
      if (clock.monotonicMs() - checkedMs >= 1_000) {
        checkedMs = clock.monotonicMs()
        const current = versionOf(file)
        if (current !== version) {
          content = credentialsOf(readCredentialFile(file))
          version = current
        }
      }
      return content.find(userName)
    },
  }
}

/** Credentials from values in memory. */
export function credentialsOf(content: CredentialFile): CredentialSource {
  const known = new Map<string, Credential>()
  for (const [name, passwordHash] of Object.entries(content.gateways)) {
    const parts = parseGatewayUserName(name)
    if (parts !== undefined) known.set(name, { identity: { kind: 'gateway', ...parts }, passwordHash })
  }
  for (const [name, { groups, hash }] of Object.entries(content.hosts)) known.set(name, { identity: { kind: 'host', groups }, passwordHash: hash })
  return { find: async (userName) => known.get(userName) }
}

/** Asks one source after the other; the first that knows the user name answers. */
export function firstOf(...sources: readonly CredentialSource[]): CredentialSource {
  return {
    async find(userName) {
      for (const source of sources) {
        const credential = await source.find(userName)
        if (credential !== undefined) return credential
      }
      return undefined
    },
  }
}

function versionOf(file: string): string {
  const { mtimeMs, size, ino } = statSync(file)
  return `${mtimeMs}/${size}/${ino}`
}
