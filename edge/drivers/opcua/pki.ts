/*
 * The gateway's own OPC UA certificate and the servers that it trusts: a folder with own/, trusted/certs/, rejected/.
 */
import { X509Certificate } from 'node:crypto'
import { existsSync, linkSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { opcuaErrors } from './errors.ts'

/** The gateway's identity towards OPC UA servers. */
export interface Pki {
  readonly manager: OPCUACertificateManager
  readonly certificateFile: string
  readonly privateKeyFile: string
  /** As in the certificate: servers refuse a client whose URI differs. */
  readonly applicationUri: string
}

/** Name under which servers list the gateway. */
export const APPLICATION_NAME = 'Orewatch gateway'
const VALIDITY_DAYS = 3650
const MAX_TRUSTED_FILES = 1_000

/** Opens the folder; makes it, the key and the certificate the first time. */
export async function openPki(directory: string): Promise<Pki> {
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager')
  const manager = new OPCUACertificateManager({ rootFolder: directory, automaticallyAcceptUnknownCertificate: false, keySize: 2048 })
  await manager.initialize()
  const certificateFile = join(directory, 'own/certs/gateway.pem')
  if (!existsSync(certificateFile)) await makeCertificate(manager, certificateFile)
  return { manager, certificateFile, privateKeyFile: manager.privateKey, applicationUri: uriOf(certificateFile) }
}

/** Rejects with OPCUA_CERTIFICATE_UNTRUSTED unless the server's certificate is trusted by folder or fingerprint. */
export async function requireTrusted({ manager }: Pki, certificate: Buffer, endpoint: string, fingerprint: string | undefined): Promise<void> {
  const { fingerprint: actual, subject, validTo } = new X509Certificate(certificate)
  const isExpected = fingerprint !== undefined && normalise(fingerprint) === normalise(actual)
  // The library lets a copy in rejected/ outweigh one in trusted/; a person who copied instead of moved means trust.
  if (isExpected || holdsCertificate(manager.trustedFolder, actual)) await manager.trustCertificate(certificate)
  const status = await manager.checkCertificate(certificate)
  if (status.value === 0) return
  const file = readdirSync(manager.rejectedFolder).find((name) => normalise(name).includes(normalise(actual)))
  throw opcuaErrors.CERTIFICATE_UNTRUSTED({
    endpoint,
    status: status.name,
    fingerprint: actual,
    subject: subject.replaceAll('\n', ', '),
    validTo,
    move: file === undefined ? `the server's certificate` : join(manager.rejectedFolder, file),
    to: manager.trustedFolder,
  })
}

/** Several lines may start at once; whoever links first wins and all use the same certificate. */
async function makeCertificate(manager: OPCUACertificateManager, file: string): Promise<void> {
  const host = hostname()
  const own = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  await manager.createSelfSignedCertificate({
    applicationUri: `urn:${host}:orewatch-gateway`,
    dns: [host],
    subject: `/CN=${APPLICATION_NAME}/O=Orewatch`,
    startDate: new Date(),
    validity: VALIDITY_DAYS,
    outputFile: own,
  })
  try {
    linkSync(own, file)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err
  } finally {
    unlinkSync(own)
  }
}

function holdsCertificate(folder: string, fingerprint: string): boolean {
  return readdirSync(folder)
    .slice(0, MAX_TRUSTED_FILES)
    .some((name) => {
      try {
        return new X509Certificate(readFileSync(join(folder, name))).fingerprint === fingerprint
      } catch {
        return false // not a certificate: somebody's note, an editor's backup
      }
    })
}

function uriOf(certificateFile: string): string {
  const names = new X509Certificate(readFileSync(certificateFile)).subjectAltName ?? ''
  return /URI:([^,]+)/.exec(names)?.[1] ?? `urn:${hostname()}:orewatch-gateway`
}

function normalise(fingerprint: string): string {
  return fingerprint.replace(/[^0-9a-zA-Z]/g, '').toLowerCase()
}
