import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployErrors } from './errors.ts'

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const CA_DAYS = '3650'
// Browsers refuse server certificates that live longer.
const LEAF_DAYS = '825'

/** Files of a certificate and its private key, PEM. */
export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** Whether openssl is on this machine. */
export function isOpensslAvailable(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

/** Makes an authority of one's own, unless it is there. Throws DEPLOY_NO_OPENSSL. */
export function ensureAuthority({ certificate, key }: CertificateFiles): void {
  if (existsSync(certificate) && existsSync(key)) return
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'].flatMap((text) => ['-addext', text])
  openssl(['req', '-x509', ...EC_KEY, '-keyout', key, '-out', certificate, '-days', CA_DAYS, '-subj', '/O=Orewatch/CN=Orewatch own authority', ...extensions])
}

/** Makes a server certificate for these host names, signed by the authority, unless it is there. Throws DEPLOY_NO_OPENSSL. */
export function ensureServerCertificate({ certificate, key }: CertificateFiles, names: readonly string[], authority: CertificateFiles): void {
  if (existsSync(certificate) && existsSync(key)) return
  const scratch = mkdtempSync(join(tmpdir(), 'orewatch-csr-'))
  try {
    const request = join(scratch, 'request.pem')
    const extensions = join(scratch, 'extensions')
    writeFileSync(
      extensions,
      `basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',')}\n`,
    )
    openssl(['req', '-new', ...EC_KEY, '-keyout', key, '-out', request, '-subj', `/O=Orewatch/CN=${names[0] ?? 'localhost'}`])
    const serial = ['-CAserial', join(scratch, 'serial'), '-CAcreateserial']
    openssl(['x509', '-req', '-in', request, '-CA', authority.certificate, '-CAkey', authority.key, ...serial, '-days', LEAF_DAYS, '-extfile', extensions, '-out', certificate])
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function openssl(args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw deployErrors.NO_OPENSSL({ command: args[0], said: error?.message ?? stderr.trim().slice(-300) })
}
