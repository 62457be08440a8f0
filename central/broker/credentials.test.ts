import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { credentialsFromFile, credentialsOf, firstOf, hashPassword, PasswordVerifier, readCredentialFile, writeCredentialFile } from './credentials.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-credentials-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const HASH = hashPassword('right', 101)

test('a password is right for its own hash only, also when asked again', async () => {
  const verifier = new PasswordVerifier()
  expect(await verifier.verify(Buffer.from('right'), HASH)).toBe(true)
  expect(await verifier.verify(Buffer.from('right'), HASH)).toBe(true)
  expect(await verifier.verify(Buffer.from('wrong'), HASH)).toBe(false)
  expect(await verifier.verify(Buffer.from('right'), hashPassword('other', 101))).toBe(false)
  expect(await verifier.verify(Buffer.from('right'), undefined)).toBe(false)
})

test('a hash has the form that mosquitto_passwd writes', () => {
  expect(HASH).toMatch(/^\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/)
})

test('a hash of mosquitto_passwd is understood', async () => {
  // mosquitto_passwd -b passwords user 'secret-of-mosquitto', Mosquitto 2.0.11
  const hash = '$7$101$pZk1TnXLl04bIbcw$NveS/tWwgp/4xHJNqLIZ8lJ6oVds1Q29brZ5ojzMYThx3ct6TOsdYUhbwqxTYT0gxKZhoW7mXEGf00M8pLKlOg=='
  expect(await new PasswordVerifier().verify(Buffer.from('secret-of-mosquitto'), hash)).toBe(true)
})

test('a credential file is written for its owner only and read back', async () => {
  const file = join(directory, 'broker.json')
  writeCredentialFile(file, { gateways: { '990101/g1': HASH }, hosts: { central: { groups: 'all', hash: HASH } } })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const source = credentialsFromFile(file)
  expect((await source.find('990101/g1'))?.identity).toEqual({ kind: 'gateway', group: '990101', node: 'g1' })
  expect((await source.find('central'))?.identity).toEqual({ kind: 'host', groups: 'all' })
  expect(await source.find('990101/g2')).toBeUndefined()
})

test('a changed credential file is read again', async () => {
  const file = join(directory, 'broker.json')
  let nowMs = 0
  writeCredentialFile(file, { gateways: {}, hosts: {} })
  const source = credentialsFromFile(file, { nowMs: () => nowMs, monotonicMs: () => nowMs })
  writeCredentialFile(file, { gateways: { '990101/g1': HASH }, hosts: {} })
  nowMs = 1_000
  expect((await source.find('990101/g1'))?.passwordHash).toBe(HASH)
})

test('a credential file that others may read, and wrong entries, are refused with their place', () => {
  const file = join(directory, 'broker.yaml')
  writeFileSync(file, `gateways:\n  g1: ${HASH}\n  990101/g2: secret\nhosts:\n  990101/g3: { groups: all, hash: ${HASH} }\n`)
  chmodSync(file, 0o644)
  expect(() => readCredentialFile(file)).toThrowError(
    [
      `${file}: others on this machine may read it; chmod 600 it`,
      `${file}:2: g1 is not a gateway; it must be <group>/<node>`,
      `${file}:3: the hash must look like $7$<iterations>$<salt>$<hash>`,
      `${file}:5: 990101/g3 looks like a gateway; a host's name holds no slash`,
    ].join('\n'),
  )
})

test('of several sources the first that knows a name answers', async () => {
  const source = firstOf(credentialsOf({ gateways: {}, hosts: {} }), credentialsOf({ gateways: { '990101/g1': HASH }, hosts: {} }))
  expect((await source.find('990101/g1'))?.passwordHash).toBe(HASH)
  expect(await source.find('990101/g2')).toBeUndefined()
})
