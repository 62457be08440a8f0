#!/usr/bin/env node
/* What compose.yaml runs beside the programs. Arguments, nothing else. */
import { CodedError, ConfigError } from '@orewatch/core'
import { readSecret } from '@orewatch/config'
import { deployErrors } from './errors.ts'

const USAGE = `usage: node tools/deploy/main.ts <command>
  prepare <directory> [host name …]             make passwords, certificates and the files of Mosquitto that are missing
  influxdb-accounts <url> <directory>           make the accounts of InfluxDB with the passwords of the directory
  postgresql-reader <url file> <password file>  make the login grafana of PostgreSQL
  trust-simulator <pki> <gateway's pki>         let a gateway trust a simulator's certificate
  probe <url>                                   exit 0 when a program on this machine is well
`

type Words = readonly [string, string, ...string[]]

const COMMANDS: Readonly<Record<string, (words: Words) => Promise<void>>> = {
  prepare: async ([directory, ...names]) => {
    const { prepare } = await import('./prepare.ts')
    prepare(directory, { names: names.filter((name) => name !== ''), report: (line) => process.stdout.write(`${line}\n`) })
  },
  'influxdb-accounts': async ([url, directory]) => (await import('./accounts.ts')).makeInfluxAccounts(url, directory),
  'postgresql-reader': async ([urlFile, passwordFile]) => (await import('./accounts.ts')).makeReader(readSecret(urlFile), passwordFile),
  'trust-simulator': async ([from, to]) => (await import('./trust.ts')).trustSimulator(from, to),
  probe: async ([url]) => (await import('./probe.ts')).probe(url),
}
const NEEDED: Readonly<Record<string, number>> = { prepare: 1, 'influxdb-accounts': 2, 'postgresql-reader': 2, 'trust-simulator': 2, probe: 1 }

try {
  const [name = '', first = '', second = '', ...rest] = process.argv.slice(2)
  const run = COMMANDS[name]
  if (run === undefined || [first, second].filter((word) => word !== '').length < (NEEDED[name] ?? 0)) throw deployErrors.BAD_USAGE({ found: process.argv.slice(2).join(' ') })
  await run([first, second, ...rest])
} catch (err) {
  if (!(err instanceof CodedError) && !(err instanceof ConfigError)) throw err
  process.stderr.write(`${err.code}: ${err.message}\n${err.code === 'DEPLOY_BAD_USAGE' ? USAGE : ''}`)
  process.exitCode = 1
}
