import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { accessErrors } from './errors.ts'

const derive = promisify(argon2)

// OWASP's floor is 19 MiB with two passes; this takes about 0.1 s and 32 MiB.
const COST = { memory: 32_768, passes: 3, parallelism: 1, tagLength: 32 } as const
const MAX_PASSWORD_BYTES = 256
// Each runs in the thread pool with its own memory: 64 MiB in all, and a short queue, so that a flood of logins stays a flood of refusals.
const MAX_RUNNING = 2
const MAX_WAITING = 64
const MIN_LENGTH = 10
const KEEP_FORMER = 5
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
// Beginnings and cores of what people choose when rules ask for classes of characters.
const WEAK = [
  'password',
  'passw0rd',
  'p@ssw0rd',
  'admin',
  'administrator',
  'root',
  'qwerty',
  'qwer1234',
  '1qaz2wsx',
  'abc123',
  'abcd1234',
  'a123456',
  'aa123456',
  'iloveyou',
  'welcome',
  'letmein',
  'woaini',
  'wodemima',
  'orewatch',
  'zhongguo',
  '123456',
  '654321',
  '111111',
  '000000',
  '888888',
  '666666',
  '112233',
  '123123',
  '987654321',
  '12345',
  '1234',
]

/** A hash of no password, checked for unknown logins so that the time of an answer does not tell which logins exist. */
export const DECOY_HASH = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`

// Of the process, because memory and thread pool are.
let running = 0
const waiting: (() => void)[] = []

/** How many former passwords may not come back. */
export const FORMER_PASSWORDS = KEEP_FORMER

/** Hashes a password with argon2id into a PHC string. Rejects with ACCESS_BUSY when too many are being hashed. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await run(password, salt, COST)
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Whether a password belongs to a PHC string; takes as long when it does not. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = PHC.exec(phc)
  if (match === null) return false
  const [, memory, passes, parallelism, salt, hash] = match as unknown as [string, string, string, string, string, string]
  const expected = Buffer.from(hash, 'base64')
  const found = await run(password, Buffer.from(salt, 'base64'), { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism), tagLength: expected.length })
  return timingSafeEqual(found, expected)
}

/** Whether a PHC string was made with other costs than today's. */
export function isOutdated(phc: string): boolean {
  return !phc.startsWith(`$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$`)
}

/** Why a password is too weak (SEC-ID-2), or undefined when it is not. */
export function passwordProblem(password: string, login: string): string | undefined {
  if (Array.from(password).length < MIN_LENGTH) return `it needs ${MIN_LENGTH} characters or more`
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return `it may have ${MAX_PASSWORD_BYTES} bytes at most`
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u].filter((one) => one.test(password)).length
  if (classes < 3) return 'it needs three of: lower-case letters, upper-case letters, digits, other characters'
  const plain = password.toLowerCase()
  if (login.length >= 3 && plain.includes(login.toLowerCase())) return 'it must not contain the login'
  const weak = WEAK.filter((word) => plain.includes(word))
  const rest = weak.reduce((left, word) => left.replaceAll(word, ''), plain)
  if (weak.length > 0 && rest.length < 6) return `it is little more than "${weak.join(', ')}"`
  if (new Set(plain).size < 5) return 'it repeats the same few characters'
  return undefined
}

/** A random password that meets the rules, easy to read aloud: 20 characters without 0, O, 1, l and I. */
export function randomPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
  for (;;) {
    const letters = [...randomBytes(64)]
      .filter((byte) => byte < 256 - (256 % alphabet.length))
      .map((byte) => alphabet.charAt(byte % alphabet.length))
      .slice(0, 20)
      .join('')
    const grouped = letters.match(/.{5}/g)?.join('-') ?? ''
    if (letters.length === 20 && passwordProblem(grouped, '') === undefined) return grouped
  }
}

async function run(password: string, nonce: Buffer, cost: { readonly memory: number; readonly passes: number; readonly parallelism: number; readonly tagLength: number }): Promise<Buffer> {
  await enter()
  try {
    // Long input is cut before hashing, equally for hash and check; the rules refuse it anyway.
    return await derive('argon2id', { message: Buffer.from(password).subarray(0, MAX_PASSWORD_BYTES), nonce, ...cost })
  } finally {
    // The place goes from hand to hand, so that nobody slips in between.
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}

async function enter(): Promise<void> {
  if (running < MAX_RUNNING) {
    running++
    return
  }
  if (waiting.length >= MAX_WAITING) throw accessErrors.BUSY({ waiting: waiting.length })
  await new Promise<void>((resolve) => {
    waiting.push(resolve)
  })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
