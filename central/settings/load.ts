import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Located, loadYaml, readSecret } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { LEGAL_MINIMUM_DAYS, type RetentionSetting, tooShort } from '../retention/index.ts'
import { CentralConfig, type StoreConfig } from './schema.ts'

/** PEM texts. */
export interface TlsTexts {
  readonly cert: string
  readonly key: string
}

/** A checked configuration with all paths absolute and all files named in it at hand; secrets are read when used. */
export interface CentralSettings {
  readonly dataDirectory: string
  readonly listen: { readonly host: string; readonly port: number; readonly isBehindProxy: boolean; readonly tls?: TlsTexts }
  readonly broker:
    | {
        readonly kind: 'embedded'
        readonly host: string
        readonly port: number
        readonly tls?: TlsTexts
        readonly groups: readonly string[] | 'all'
        readonly hostId: string
        readonly credentialsFile: string
      }
    | {
        readonly kind: 'remote'
        readonly url: string
        readonly userName: string
        readonly passwordFile: string
        readonly ca?: string
        readonly groups: readonly string[] | 'all'
        readonly hostId: string
        readonly credentialsFile: string
      }
  readonly store: StoreConfig
  readonly relational: { readonly urlFile: string } | { readonly directory: string }
  readonly alarms: { readonly rulesFile?: string; readonly factsFile?: string }
  readonly retention: RetentionSetting
  readonly fixturesFile?: string
  readonly portalDirectory: string
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/
const BUILT_PORTAL = fileURLToPath(new URL('../web/dist', import.meta.url))

/**
 * Loads and checks the configuration of central: the schema, then what no schema can say. Throws ConfigError with one
 * problem per line, each `file:line: what is wrong; what would be right`.
 */
export function loadCentralSettings(file: string): CentralSettings {
  const located = loadYaml(file, CentralConfig)
  const { value: config } = located
  const base = dirname(resolve(file))
  const problems: string[] = []
  const settings = resolveSettings(located, base, problems)
  problems.push(...listenProblems(located), ...retentionProblems(located))
  if (config.broker.embedded !== undefined && config.broker.remote !== undefined) {
    problems.push(`${located.lineOf(['broker', 'remote'])}: embedded and remote are both there; keep one of them`)
  }
  if (settings.fixturesFile !== undefined && !existsSync(settings.fixturesFile)) {
    problems.push(`${located.lineOf(['fixturesFile'])}: there is no file ${settings.fixturesFile}`)
  }
  for (const key of ['rulesFile', 'factsFile'] as const) {
    const named = settings.alarms[key]
    if (named !== undefined && !existsSync(named)) problems.push(`${located.lineOf(['alarms', key])}: there is no file ${named}`)
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return settings
}

function resolveSettings(located: Located<CentralConfig>, base: string, problems: string[]): CentralSettings {
  const { value: config } = located
  const dataDirectory = resolve(base, config.dataDirectory)
  const { urlFile, directory } = config.relational
  const tls = readTls(config.listen.tls, base, () => located.lineOf(['listen', 'tls']), problems)
  return {
    dataDirectory,
    listen: { host: config.listen.host, port: config.listen.port, isBehindProxy: config.listen.behindProxy, ...(tls && { tls }) },
    broker: resolveBroker(located, base, dataDirectory, problems),
    store: resolveStore(config.store, base, dataDirectory),
    relational: urlFile === undefined ? { directory: resolve(base, directory ?? resolve(dataDirectory, 'relational')) } : { urlFile: resolve(base, urlFile) },
    alarms: {
      ...(config.alarms.rulesFile !== undefined && { rulesFile: resolve(base, config.alarms.rulesFile) }),
      ...(config.alarms.factsFile !== undefined && { factsFile: resolve(base, config.alarms.factsFile) }),
    },
    retention: config.retention,
    ...(config.fixturesFile !== undefined && { fixturesFile: resolve(base, config.fixturesFile) }),
    portalDirectory: config.portalDirectory === undefined ? BUILT_PORTAL : resolve(base, config.portalDirectory),
  }
}

function resolveBroker(located: Located<CentralConfig>, base: string, dataDirectory: string, problems: string[]): CentralSettings['broker'] {
  const { remote, embedded, groups, hostId, credentialsFile } = located.value.broker
  const rest = { groups, hostId, credentialsFile: credentialsFile === undefined ? resolve(dataDirectory, 'broker-credentials.yaml') : resolve(base, credentialsFile) }
  if (remote !== undefined) {
    const ca = remote.caFile === undefined ? undefined : readText(resolve(base, remote.caFile), () => located.lineOf(['broker', 'remote', 'caFile']), problems)
    return { kind: 'remote', url: remote.url, userName: remote.userName, passwordFile: resolve(base, remote.passwordFile), ...(ca !== undefined && { ca }), ...rest }
  }
  const tls = readTls(embedded?.tls, base, () => located.lineOf(['broker', 'embedded', 'tls']), problems)
  return { kind: 'embedded', host: embedded?.host ?? '127.0.0.1', port: embedded?.port ?? 1_883, ...(tls && { tls }), ...rest }
}

// The directory of an embedded store is one of the program's own, so it is relative to the data directory.
function resolveStore(store: StoreConfig, base: string, dataDirectory: string): StoreConfig {
  if (store.kind === 'duckdb') return { ...store, directory: resolve(dataDirectory, store.directory) }
  return store.passwordFile === undefined ? store : { ...store, passwordFile: resolve(base, store.passwordFile) }
}

function retentionProblems(located: Located<CentralConfig>): string[] {
  return tooShort(located.value.retention).map(
    (days) => `${located.lineOf(['retention'])}: ${days} days are fewer than the ${LEGAL_MINIMUM_DAYS} that the law asks of monitoring data; keep them longer, or say why not in shorterThanLawBecause`,
  )
}

function listenProblems(located: Located<CentralConfig>): string[] {
  const { listen, broker } = located.value
  const problems: string[] = []
  if (!LOOPBACK.test(listen.host) && listen.tls === undefined && !listen.behindProxy) {
    problems.push(`${located.lineOf(['listen', 'host'])}: passwords would cross the network in plain text on ${listen.host}; give tls, or set behindProxy: true, or listen on 127.0.0.1`)
  }
  if (broker.embedded !== undefined && !LOOPBACK.test(broker.embedded.host) && broker.embedded.tls === undefined) {
    problems.push(`${located.lineOf(['broker', 'embedded', 'host'])}: gateways would send passwords in plain text to ${broker.embedded.host}; give tls, or listen on 127.0.0.1`)
  }
  return problems
}

function readTls(tls: { readonly certFile: string; readonly keyFile: string } | undefined, base: string, at: () => string, problems: string[]): TlsTexts | undefined {
  if (tls === undefined) return undefined
  const cert = readText(resolve(base, tls.certFile), at, problems)
  try {
    return { cert: cert ?? '', key: readSecret(resolve(base, tls.keyFile)) }
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    problems.push(...err.problems.map((problem) => `${at()}: ${problem}`))
    return undefined
  }
}

function readText(file: string, at: () => string, problems: string[]): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    problems.push(`${at()}: ${file} cannot be read (${(err as NodeJS.ErrnoException).code ?? 'unknown error'})`)
    return undefined
  }
}
