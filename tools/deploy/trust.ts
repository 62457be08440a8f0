import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deployErrors } from './errors.ts'

/**
 * Lets a gateway trust the certificate of a simulator: what a commissioner does by hand after comparing fingerprints, right only
 * where both ends are one's own. Throws DEPLOY_NO_CERTIFICATE.
 */
export function trustSimulator(simulatorPki: string, gatewayPki: string): void {
  const own = join(simulatorPki, 'own/certs')
  const certificates = existsSync(own) ? readdirSync(own).filter((name) => name.endsWith('.pem')) : []
  if (certificates.length === 0) throw deployErrors.NO_CERTIFICATE({ folder: own })
  const trusted = join(gatewayPki, 'trusted/certs')
  mkdirSync(trusted, { recursive: true, mode: 0o700 })
  for (const name of certificates) copyFileSync(join(own, name), join(trusted, `simulator-${name}`))
}
