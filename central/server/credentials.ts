import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CredentialFile, gatewayUserName, hashPassword, readCredentialFile, writeCredentialFile } from '../broker/index.ts'
import { serverErrors } from './errors.ts'

/** Makes the credential file when there is none, so that a first start needs no preparation. */
export function ensureCredentialFile(file: string): void {
  if (existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeCredentialFile(file, { gateways: {}, hosts: {} })
}

/**
 * Gives a gateway a credential and returns its password, which is stored nowhere else. A running central sees it
 * within a second. Throws SERVER_CREDENTIAL_EXISTS unless an older one shall be replaced.
 */
export function addGatewayCredential(file: string, gateway: { readonly group: string; readonly node: string }, mode: 'keep' | 'replace' = 'keep'): string {
  ensureCredentialFile(file)
  const content = readCredentialFile(file)
  const name = gatewayUserName(gateway.group, gateway.node)
  if (content.gateways[name] !== undefined && mode === 'keep') throw serverErrors.CREDENTIAL_EXISTS({ gateway: name })
  const password = randomBytes(24).toString('base64url')
  const changed: CredentialFile = { ...content, gateways: { ...content.gateways, [name]: hashPassword(password) } }
  writeCredentialFile(file, changed)
  return password
}
