/* A real central with everything around it: credentials, register, broker (embedded, or Mosquitto by URL), a store. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMosquittoAvailable, type Mosquitto, startMosquitto } from '@orewatch/testkit'
import { hashPassword, mosquittoFiles } from '../../central/broker/index.ts'
import { removeEmbedded } from '../../central/relational/index.ts'
import { type Child, startChild } from './child.ts'
import { benchErrors } from './errors.ts'
import { GROUP, nodeOf, subjectOf } from './names.ts'
import type { StorePlace } from './store-place.ts'

/** Brokers that can be measured. */
export type BrokerKind = 'aedes' | 'mosquitto'

/** What a county is made of. */
export interface CountyOptions {
  readonly directory: string
  readonly gateways: number
  readonly place: StorePlace
  readonly broker: BrokerKind
  /** A directory for CPU profiles of central; none when absent. */
  readonly profileDirectory?: string
}

/** A running central. */
export interface BenchCounty {
  readonly brokerUrl: string
  /** Of every gateway. */
  readonly passwordFile: string
  readonly centralPid: number
  readonly brokerPid: number | undefined
  /** Prometheus text of central. */
  metrics(): Promise<string>
  /** Stops central and broker and deletes the register; what the store holds stays. */
  stop(): Promise<void>
}

/** Starts broker and central. */
export async function startBenchCounty(options: CountyOptions): Promise<BenchCounty> {
  const { directory, gateways, broker } = options
  mkdirSync(directory, { recursive: true })
  const password = randomBytes(18).toString('base64url')
  const hash = hashPassword(password)
  const credentials = { gateways: Object.fromEntries(Array.from({ length: gateways }, (_, i) => [`${GROUP}/${nodeOf(i)}`, hash])), hosts: { ingest: { groups: 'all' as const, hash } } }
  const passwordFile = writePrivate(directory, 'password', password)
  writePrivate(directory, 'credentials.json', JSON.stringify(credentials))
  writePrivate(directory, 'county.yaml', countyOf(gateways))
  const mosquitto = broker === 'mosquitto' ? await openMosquitto(credentials) : undefined
  const central = await startCentral(options, passwordFile, mosquitto?.url)
  const { url, brokerUrl } = central.said as { url: string; brokerUrl: string }
  return {
    brokerUrl,
    passwordFile,
    centralPid: central.pid,
    brokerPid: mosquitto?.pid,
    metrics: async () => await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text(),
    stop: async () => {
      await central.stop()
      await mosquitto?.stop()
      removeEmbedded(join(directory, 'central/relational'))
    },
  }
}

async function openMosquitto(credentials: Parameters<typeof mosquittoFiles>[0]): Promise<Mosquitto> {
  if (!isMosquittoAvailable()) throw benchErrors.MISSING_SERVICE({ service: 'mosquitto' })
  return await startMosquitto((place) => ({ ...mosquittoFiles(credentials, place) }))
}

async function startCentral({ directory, place, profileDirectory }: CountyOptions, passwordFile: string, remoteUrl: string | undefined): Promise<Child> {
  const broker = remoteUrl === undefined ? `{ embedded: { port: 0 }, credentialsFile: credentials.json }` : `{ remote: { url: "${remoteUrl}", userName: ingest, passwordFile: ${passwordFile} } }`
  const config = join(directory, 'central.yaml')
  // JSON is YAML.
  writeFileSync(config, `dataDirectory: central\nlisten: { port: 0 }\nbroker: ${broker}\nstore: ${JSON.stringify(place.config)}\nfixturesFile: county.yaml\n`)
  const execArgv = profileDirectory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`]
  return await startChild('central/main.ts', { args: ['run', '--config', config, '--json'], execArgv, readyBy: 'line' })
}

function countyOf(gateways: number): string {
  const each = (row: (i: number) => string): string => Array.from({ length: gateways }, (_, i) => `  - ${row(i)}\n`).join('')
  return `divisions:
  - { code: "${GROUP}", name: 甲县 }
mines:
${each((i) => `{ subjectCode: "${subjectOf(i)}", name: 示例矿${i + 1} }`)}gateways:
${each((i) => `{ group: "${GROUP}", node: ${nodeOf(i)}, subject: "${subjectOf(i)}" }`)}`
}

function writePrivate(directory: string, name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
