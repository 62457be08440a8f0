/*
 * Central in one program: database → register → store → broker → ingest → interface and portal. Each part that does not
 * start says which it is and what to do; what was started before it is stopped again, in the opposite order.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSecret } from '@orewatch/config'
import { ConfigError, systemClock } from '@orewatch/core'
import { Health, type Logger, Metrics } from '@orewatch/observability'
import { loadAlarmSetup, openAlarmCheckpoints, openAlarmEngine, openAlarmJournal } from '../alarms/index.ts'
import { type Api, type ApiParts, buildApi } from '../api/index.ts'
import { type BrokerRefusal, credentialsFromFile, credentialsOf, firstOf, hashPassword, startBroker } from '../broker/index.ts'
import { openExporter } from '../export/index.ts'
import { type Ingest, openIngest, openMqttSource } from '../ingest/index.ts'
import { openAudit, openSessions, openUsers } from '../kernel/access/index.ts'
import { openQuarantine, type Quarantine } from '../quarantine/index.ts'
import { openCompletenessEvents, openRangeStore, openRecordStore, openSecurityEvents, type SecurityEventKind, type SecurityEvents } from '../records/index.ts'
import { openRegistry, type Registry } from '../registry/index.ts'
import { openRelational, type Relational } from '../relational/index.ts'
import { applyRetention } from '../retention/index.ts'
import type { CentralSettings } from '../settings/index.ts'
import { openTelemetryStore } from '../telemetry/registry.ts'
import type { TelemetryStore } from '../telemetry/store.ts'
import { adopt, type AdoptionParts, resumeAdoptions } from './adoption.ts'
import { ensureCredentialFile } from './credentials.ts'
import { serverErrors } from './errors.ts'
import { WayLinks } from './links.ts'

/** A running central. */
export interface Central {
  /** Where the portal is. */
  readonly url: string
  /** Where gateways connect: the embedded broker's address, or that of the remote one. */
  readonly brokerUrl: string
  /** Login and password of the first administrator; only at the very first start, and stored nowhere. */
  readonly firstAdministrator?: { readonly login: string; readonly password: string }
  readonly health: Health
  readonly registry: Registry
  readonly store: TelemetryStore
  readonly ingest: Ingest
  /** Stops all parts; what was taken from the broker is written first, as far as the store takes it. Safe to call twice. */
  close(): Promise<void>
}

const INGEST_USER = 'ingest'
const SECURITY_KINDS: Readonly<Record<BrokerRefusal['kind'], SecurityEventKind>> = {
  'wrong-password': 'refused-login',
  'wrong-topic': 'wrong-topic',
  oversized: 'malformed-message',
  'stalled-subscriber': 'refused-connection',
  'duplicate-connection': 'duplicate-identity',
}
const CHORES_MS = 3_600_000
const CHORES_A_DAY = 24
const SEED_PAGE = 1_000
const MAX_SEED_POINTS = 200_000

/** Starts central. Rejects with SERVER_PART_FAILED naming part, reason and remedy, or with ConfigError. */
export async function startCentral(settings: CentralSettings, log: Logger): Promise<Central> {
  const started: { readonly name: string; readonly stop: () => Promise<void> }[] = []
  const close = async (): Promise<void> => {
    for (const { name, stop } of started.splice(0).toReversed()) {
      await stop().catch((err: unknown) => log.error({ err, part: name }, 'a part did not stop cleanly'))
    }
  }
  try {
    return { ...(await startParts(settings, log, (name, stop) => started.push({ name, stop }))), close }
  } catch (err) {
    await close()
    throw err
  }
}

type OnStarted = (name: string, stop: () => Promise<void>) => void

async function startParts(settings: CentralSettings, log: Logger, onStarted: OnStarted): Promise<Omit<Central, 'close'>> {
  const health = new Health()
  const metrics = new Metrics({ process: true })
  mkdirSync(settings.dataDirectory, { recursive: true, mode: 0o700 })
  const relational = await part('relational', 'see the note of the code; the directory must be writable, or relational.urlFile name a reachable PostgreSQL', () => openRelationalOf(settings, log))
  onStarted('relational', () => relational.close())
  const { registry, quarantine, security, firstAdministrator } = await part('register', 'the database answers, but its content cannot be used', () => openRegister(settings, relational, log))
  const store = await part('store', 'check store in the configuration: the directory must be writable and used by no other program', () =>
    openTelemetryStore(settings.store, log.child({ part: 'store' })),
  )
  onStarted('store', () => store.close())
  const {
    url: brokerUrl,
    password,
    stop: stopBroker,
  } = await part('broker', 'check broker in the configuration: address and port must be free, credentials readable', () => openBrokerOf(settings, security, log, metrics))
  onStarted('broker', stopBroker)
  const source = openMqttSource({
    url: brokerUrl,
    userName: userNameOf(settings),
    password,
    hostId: settings.broker.hostId,
    groups: settings.broker.groups,
    log: log.child({ part: 'source' }),
    ...(settings.broker.kind === 'remote' && settings.broker.ca !== undefined && { ca: settings.broker.ca }),
  })
  const journal = openAlarmJournal(relational)
  const alarms = openAlarmEngine({ ...loadAlarmSetup(settings.alarms), journal, checkpoints: openAlarmCheckpoints(relational), store, registry, log: log.child({ part: 'alarms' }), metrics })
  await part('alarms', 'the database answers, but what it remembers of alarms cannot be used', () => alarms.start())
  onStarted('alarms', () => alarms.stop())
  const ingest = openIngest({
    source,
    store,
    registry,
    quarantine,
    records: openRecordStore(relational),
    ranges: openRangeStore(relational),
    security,
    completeness: openCompletenessEvents(relational),
    alarms,
    log: log.child({ part: 'ingest' }),
    metrics,
  })
  ingest.start(await pointIds(registry))
  onStarted('ingest', () => ingest.stop())
  alarms.watchLinks(new WayLinks({ ingest, registry, clock: systemClock }))
  const adoption: AdoptionParts = { registry, quarantine, store, ingest }
  const retain = async (): Promise<void> => {
    const { note } = await applyRetention({ registry, store, audit: openAudit(relational), log: log.child({ part: 'retention' }) }, settings.retention, 'remove')
    if (note !== undefined) log.info({ note }, 'retention removed nothing')
  }
  onStarted('chores', doChores({ adoption, quarantine, retain, log }))
  const parts: ApiParts = {
    users: openUsers(relational),
    sessions: openSessions(relational),
    audit: openAudit(relational),
    registry,
    quarantine,
    ingest,
    alarms: {
      get: (id) => journal.get(id),
      list: (query) => journal.list(query),
      log: (id) => journal.log(id),
      openCounts: (scope) => journal.openCounts(scope),
      act: (id, revision, actor, action) => alarms.act(id, revision, actor, action),
      describeRule: (ruleId) => alarms.describeRule(ruleId),
      onChange: (listener) => alarms.onChange(listener),
    },
    store,
    relational,
    exporter: openExporter({ store, directory: join(settings.dataDirectory, 'exports') }),
    adopt: (order) => adopt(adoption, order),
  }
  watch(health, parts)
  health.add('alarms', () => alarms.health())
  const { url, app } = await part('interface', 'check listen in the configuration: address and port must be free', () => serve(settings, parts, { log, health, metrics }))
  onStarted('interface', () => app.close())
  log.info({ url, brokerUrl, store: store.name }, 'central is running')
  return { url, brokerUrl, health, registry, store, ingest, ...(firstAdministrator && { firstAdministrator }) }
}

// Says which part it was and what to do; the coded cause says what went wrong.
async function part<T>(name: string, remedy: string, start: () => Promise<T>): Promise<T> {
  try {
    return await start()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw serverErrors.PART_FAILED({ part: name, said: cause instanceof Error ? cause.message : String(cause), remedy }, cause)
  }
}

/** Opens the relational database of a configuration. */
export async function openRelationalOf({ relational }: CentralSettings, log: Logger): Promise<Relational> {
  const options = 'urlFile' in relational ? { url: readSecret(relational.urlFile) } : { embedded: relational }
  return await openRelational(options, log.child({ part: 'relational' }))
}

async function openRegister(settings: CentralSettings, relational: Relational, log: Logger) {
  const registry = openRegistry(relational)
  if (settings.fixturesFile !== undefined) {
    const report = await registry.importFixtures(readFileSync(settings.fixturesFile, 'utf8'), settings.fixturesFile)
    log.info({ divisions: report.divisions, mines: report.mines, gateways: report.gateways }, 'fixtures are in the register')
    for (const problem of report.problems) log.warn({ problem }, 'a row of the fixtures was left out')
  }
  const firstAdministrator = await openUsers(relational).createFirstAdministrator()
  return { registry, quarantine: await openQuarantine(relational), security: openSecurityEvents(relational), firstAdministrator }
}

async function openBrokerOf({ broker: config }: CentralSettings, security: SecurityEvents, log: Logger, metrics: Metrics): Promise<{ url: string; password: string; stop: () => Promise<void> }> {
  if (config.kind === 'remote') return { url: config.url, password: readSecret(config.passwordFile), stop: async () => undefined }
  ensureCredentialFile(config.credentialsFile)
  // Ingest is in this program: its password lives as long as the program and is written nowhere.
  const password = randomBytes(24).toString('base64url')
  const own = credentialsOf({ gateways: {}, hosts: { [INGEST_USER]: { groups: config.groups === 'all' ? 'all' : [...config.groups], hash: hashPassword(password) } } })
  const broker = await startBroker({
    host: config.host,
    port: config.port,
    ...(config.tls && { tls: config.tls }),
    credentials: firstOf(own, credentialsFromFile(config.credentialsFile)),
    log: log.child({ part: 'broker' }),
    metrics,
    onRefusal: ({ kind, userName, remote, detail }) => {
      security.add(SECURITY_KINDS[kind], userName === '' ? remote : userName, { remote, detail, kind }).catch((err: unknown) => log.warn({ err }, 'a security event could not be recorded'))
    },
  })
  return { url: broker.url, password, stop: () => broker.stop() }
}

function userNameOf({ broker }: CentralSettings): string {
  return broker.kind === 'remote' ? broker.userName : INGEST_USER
}

async function pointIds(registry: Registry): Promise<number[]> {
  const ids: number[] = []
  let after: { readonly after?: string } = {}
  while (ids.length < MAX_SEED_POINTS) {
    const page = await registry.points({ scope: { divisionPrefix: '' }, limit: SEED_PAGE, ...after })
    ids.push(...page.rows.map((point) => point.id))
    if (page.next === undefined) break
    after = { after: page.next }
  }
  return ids
}

interface Chores {
  readonly adoption: AdoptionParts
  readonly quarantine: Quarantine
  readonly retain: () => Promise<void>
  readonly log: Logger
}

function doChores({ adoption, quarantine, retain, log }: Chores): () => Promise<void> {
  let isStopped = false
  let round = 0
  const work = async (): Promise<void> => {
    await quarantine.prune(Date.now())
    if (!isStopped) await resumeAdoptions(adoption, log)
    // Once a day, and not before the first hour is over: a mistake in the setting can still be seen and stopped.
    if (!isStopped && round++ % CHORES_A_DAY === 1) await retain()
  }
  let running = Promise.resolve()
  const run = (): void => {
    running = running.then(work).catch((err: unknown) => log.warn({ err }, 'a chore failed and is tried again in an hour'))
  }
  run()
  const timer = setInterval(run, CHORES_MS).unref()
  return async () => {
    isStopped = true
    clearInterval(timer)
    await running
  }
}

function watch(health: Health, { relational, ingest, store }: ApiParts): void {
  health.add('relational', () => relational.health())
  health.add('broker', () => ingest.brokerHealth())
  health.add('ingest', () => ingest.health())
  health.add('store', () => store.health())
}

async function serve(settings: CentralSettings, parts: ApiParts, { log, health, metrics }: { log: Logger; health: Health; metrics: Metrics }): Promise<{ url: string; app: Api }> {
  const { host, port, tls, isBehindProxy } = settings.listen
  const app = await buildApi({ parts, log, health, metrics, isBehindProxy, portalDirectory: settings.portalDirectory, ...(tls && { tls }) })
  try {
    return { url: await app.listen({ host, port }), app }
  } catch (err) {
    await app.close()
    throw err
  }
}
