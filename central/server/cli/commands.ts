/* What the commands of `orewatch` do beside `run`; each opens what it needs and closes it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { loadAlarmSetup } from '../../alarms/index.ts'
import { openAudit, openUsers, type Role } from '../../kernel/access/index.ts'
import { openRegistry } from '../../registry/index.ts'
import type { Relational } from '../../relational/index.ts'
import { applyRetention } from '../../retention/index.ts'
import { loadCentralSettings } from '../../settings/index.ts'
import { openTelemetryStore } from '../../telemetry/registry.ts'
import { addGatewayCredential } from '../credentials.ts'
import { serverErrors } from '../errors.ts'
import { type Command, demandWord, type Print } from './arguments.ts'
import { openBeside } from './database.ts'
import { exportToFile, openStoreAlone } from './export.ts'
import { askPassword } from './password.ts'

const STORE_DOORS = {
  duckdb: async (): Promise<unknown> => await import('../../telemetry/duckdb/index.ts'),
  influxdb: async (): Promise<unknown> => await import('../../telemetry/influxdb/index.ts'),
  victoriametrics: async (): Promise<unknown> => await import('../../telemetry/victoriametrics/index.ts'),
}

/** Runs one of the commands that come to an end. Rejects with a coded error or ConfigError. */
export async function runCommand(command: Command, print: Print): Promise<void> {
  const commands: Readonly<Record<string, (() => Promise<void>) | undefined>> = {
    check: () => check(command, print),
    'user add': () => addUser(command, print),
    'user disable': () => disableUser(command, print),
    'user list': () => listUsers(command, print),
    'gateway add': () => addGateway(command, print),
    fixtures: () => importFixtures(command, print),
    export: () => exportToFile(command, print),
    retention: () => retain(command, print),
  }
  const [first = '', second = ''] = command.words
  const run = commands[`${first} ${second}`] ?? commands[first]
  if (run === undefined) throw serverErrors.USAGE({ unknown: `${first} ${second}`.trim() })
  await run()
}

async function check({ options }: Command, print: Print): Promise<void> {
  const settings = loadCentralSettings(options.config)
  // Imports what the configuration names, so that a missing optional package shows here and not at night.
  await Promise.all([import('../all-in-one.ts'), STORE_DOORS[settings.store.kind]()])
  const { ruleSet, facts } = loadAlarmSetup(settings.alarms)
  print(`${options.config}: good`)
  print(`portal on ${settings.listen.host}:${settings.listen.port}, broker ${settings.broker.kind}, store ${settings.store.kind}, data in ${settings.dataDirectory}`)
  print(`${ruleSet.rules.length} alarm rules, facts of ${Object.keys(facts.mines).length} mines and ${Object.keys(facts.points).length} points`)
}

async function addUser(command: Command, print: Print): Promise<void> {
  const login = demandWord(command, 2, 'login')
  const { role, scope, subject, name, passwordFile, config } = command.options
  if (role === undefined) throw serverErrors.USAGE({ missing: '--role' })
  const password = await askPassword(passwordFile, `password of ${login}: `)
  await withDatabase(config, async (relational) => {
    const user = await openUsers(relational).create({
      login,
      password,
      displayName: name ?? login,
      roles: role as readonly Role[],
      divisionPrefix: scope ?? '',
      ...(subject !== undefined && { subjectCodes: [subject] }),
    })
    print(`${user.login}: ${user.roles.join(', ')} in ${user.divisionPrefix === '' ? 'the whole country' : user.divisionPrefix}`)
  })
}

async function disableUser(command: Command, print: Print): Promise<void> {
  const login = demandWord(command, 2, 'login')
  await withDatabase(command.options.config, async (relational) => {
    const users = openUsers(relational)
    const user = await users.byLogin(login)
    if (user === undefined) throw serverErrors.USAGE({ unknown: login })
    await users.disable(user.id)
    print(`${login}: disabled, all sessions ended`)
  })
}

async function listUsers({ options }: Command, print: Print): Promise<void> {
  await withDatabase(options.config, async (relational) => {
    const { rows } = await openUsers(relational).list({ limit: 1_000 })
    for (const { login, roles, divisionPrefix, displayName } of rows) print(`${login}\t${roles.join(',')}\t${divisionPrefix === '' ? '-' : divisionPrefix}\t${displayName}`)
  })
}

async function addGateway(command: Command, print: Print): Promise<void> {
  const group = demandWord(command, 2, 'group')
  const node = demandWord(command, 3, 'node')
  const { subject, title, out, replace, config } = command.options
  if (subject === undefined) throw serverErrors.USAGE({ missing: '--subject' })
  const settings = loadCentralSettings(config)
  await withDatabase(config, async (relational) => {
    await openRegistry(relational).registerGateway({ group, node, subjectCode: subject, ...(title !== undefined && { title }) })
  })
  const password = addGatewayCredential(settings.broker.credentialsFile, { group, node }, replace ? 'replace' : 'keep')
  if (out === undefined) {
    print(`user name ${group}/${node}`)
    print(`password  ${password}`)
    print('The password is shown this once and stored nowhere: put it into the gateway’s password file now.')
    return
  }
  mkdirSync(dirname(out), { recursive: true, mode: 0o700 })
  writeFileSync(out, `${password}\n`, { mode: 0o600, flag: replace ? 'w' : 'wx' })
  print(`user name ${group}/${node}, password in ${out}`)
}

async function importFixtures(command: Command, print: Print): Promise<void> {
  const file = demandWord(command, 1, 'file')
  await withDatabase(command.options.config, async (relational) => {
    const { divisions, mines, gateways, problems } = await openRegistry(relational).importFixtures(readFileSync(file, 'utf8'), file)
    for (const problem of problems) print(problem)
    print(`${divisions} divisions, ${mines} mines, ${gateways} gateways; ${problems.length} rows left out`)
  })
}

async function retain({ options }: Command, print: Print): Promise<void> {
  const settings = loadCentralSettings(options.config)
  await withDatabase(options.config, async (relational) => {
    const log = silentLogger()
    const store = await openStoreAlone(() => openTelemetryStore(settings.store, log))
    try {
      const { parts, note } = await applyRetention({ registry: openRegistry(relational), audit: openAudit(relational), store, log }, settings.retention, options.dryRun ? 'look' : 'remove')
      for (const { what, samples, beforeMs } of parts) print(`${what}: ${samples} samples from before ${new Date(beforeMs).toISOString()}`)
      if (note !== undefined) print(note)
      if (parts.length === 0) print('nothing has outlived its retention')
      else print(options.dryRun ? 'nothing was removed: this was a dry run' : 'removed')
    } finally {
      await store.close()
    }
  })
}

async function withDatabase(config: string, work: (relational: Relational) => Promise<void>): Promise<void> {
  const relational = await openBeside(loadCentralSettings(config))
  try {
    await work(relational)
  } finally {
    await relational.close()
  }
}
