#!/usr/bin/env node
/*
 * The embedded broker as a program of its own: `orewatch-broker run --port 1883 --credentials broker.yaml`,
 * and `orewatch-broker hash` to make a password hash. Arguments and signals, nothing else.
 */
import { stdin } from 'node:process'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { readSecret } from '@orewatch/config'
import { ConfigError, errorCode } from '@orewatch/core'
import { Health, Metrics, openLogger, serveProbes } from '@orewatch/observability'
import { startBroker } from './broker.ts'
import { credentialsFromFile, hashPassword, readCredentialFile } from './credentials.ts'
import { mosquittoFiles } from './mosquitto-files.ts'

const USAGE = `orewatch-broker run --credentials <file> [--host 127.0.0.1] [--port 1883] [--tls-key <file> --tls-cert <file>] [--probes <port>] [--allow-plain-text]
orewatch-broker hash                       reads a password from standard input, prints its hash
orewatch-broker mosquitto --credentials <file> --directory <dir> [--host] [--port]   prints files for Mosquitto as JSON
`

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      credentials: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '1883' },
      directory: { type: 'string', default: '/etc/mosquitto' },
      'tls-key': { type: 'string' },
      'tls-cert': { type: 'string' },
      probes: { type: 'string' },
      'allow-plain-text': { type: 'boolean', default: false },
    },
  })
  const command = positionals[0]
  if (command === 'hash') {
    process.stdout.write(`${hashPassword((await text(stdin)).trim())}\n`)
    return
  }
  const { credentials, host, port } = values
  if (credentials === undefined || (command !== 'run' && command !== 'mosquitto')) throw new ConfigError([USAGE.trimEnd()])
  if (command === 'mosquitto') {
    process.stdout.write(`${JSON.stringify(mosquittoFiles(readCredentialFile(credentials), { host, port: Number(port), directory: values.directory }), undefined, 2)}\n`)
    return
  }
  const { 'tls-key': key, 'tls-cert': cert } = values
  const tls = key !== undefined && cert !== undefined ? { key: readSecret(key), cert: readSecret(cert) } : undefined
  await run({ host, port: Number(port), credentials, allowPlainText: values['allow-plain-text'], ...(tls && { tls }), ...(values.probes !== undefined && { probes: Number(values.probes) }) })
}

async function run(options: { host: string; port: number; credentials: string; allowPlainText: boolean; tls?: { key: string; cert: string }; probes?: number }): Promise<void> {
  const { probes: probePort, credentials, ...listen } = options
  const log = openLogger({ program: 'broker' })
  const metrics = new Metrics({ process: true })
  const broker = await startBroker({ ...listen, credentials: credentialsFromFile(credentials), log, metrics })
  const health = new Health()
  health.add('broker', () => ({ ok: true, note: `${broker.stats().connections} connections` }))
  const probes = probePort === undefined ? undefined : await serveProbes({ health, metrics, port: probePort })
  log.info({ url: broker.url, probes: probes?.port }, 'broker listens')
  // One line on standard output tells a parent where to connect.
  process.stdout.write(`${JSON.stringify({ url: broker.url, port: broker.port, pid: process.pid })}\n`)
  const stop = (): void => {
    void Promise.all([broker.stop(), probes?.close()]).then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

main().catch((err: unknown) => {
  process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n`)
  process.exitCode = errorCode(err) === 'CONFIG_INVALID' ? 2 : 1
})
