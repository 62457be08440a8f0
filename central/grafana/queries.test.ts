// Every query of every panel and variable, with its variables replaced as Grafana does, on a real InfluxDB and a real PostgreSQL,
// by the accounts that Grafana gets: rows must come back.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@orewatch/observability'
import { type InfluxServer, isInfluxdAvailable, startInfluxd } from '@orewatch/testkit'
import type { PoolClient } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Relational } from '../relational/index.ts'
import { openTestRelational } from '../relational/testing.ts'
import { openInfluxStore } from '../telemetry/influxdb/index.ts'
import { dashboardFiles, type Target } from './index.ts'
import type { Board, BoardPanel } from './test/checks.ts'
import { COUNTY, fillCounty, MINE, SILENT_POINT } from './test/county-data.ts'
import { type Choice, interpolate, type Option } from './test/interpolate.ts'

interface InfluxSeries {
  readonly tags?: { readonly p?: string }
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

const boards = [...dashboardFiles().values()].map((text) => JSON.parse(text) as Board)
const READER_SQL = readFileSync(join(import.meta.dirname, 'reader.sql'), 'utf8')
const DATABASE = 'orewatch'

describe.skipIf(!isInfluxdAvailable())('on real databases (skipped without influxd; install it with: npm run services)', () => {
  const nowMs = Date.now()
  const place = mkdtempSync(join(tmpdir(), 'orewatch-grafana-'))
  let influx: InfluxServer
  let relational: Relational
  let reader: PoolClient
  const choices = new Map<string, Choice>()

  beforeAll(async () => {
    influx = await startInfluxd({ hasAuth: true })
    await askInflux("CREATE USER central WITH PASSWORD 'of-central' WITH ALL PRIVILEGES")
    const passwordFile = join(place, 'influxdb-password')
    writeFileSync(passwordFile, 'of-central\n', { mode: 0o600 })
    const store = await openInfluxStore({ url: influx.url, database: DATABASE, username: 'central', passwordFile, log: silentLogger() })
    await askInflux("CREATE USER grafana WITH PASSWORD 'of-grafana'; GRANT READ ON orewatch TO grafana", 'central:of-central')
    relational = await openTestRelational()
    await fillCounty(relational, store, nowMs)
    await store.close()
    await relational.pool.query(READER_SQL)
    // A second time, as after an upgrade.
    await relational.pool.query(READER_SQL)
    reader = await relational.pool.connect()
    await reader.query('set role orewatch_reader')
    for (const board of boards) choices.set(board.uid, await chooseFor(board))
  }, 90_000)

  afterAll(async () => {
    reader?.release(true)
    await relational?.close()
    await influx?.[Symbol.asyncDispose]()
    rmSync(place, { recursive: true, force: true })
  })

  /** Loads the variables in their order, as Grafana does when a dashboard opens, and chooses county and mine. */
  async function chooseFor({ templating }: Board): Promise<Choice> {
    const variables = new Map<string, readonly Option[]>()
    const choice: Choice = { variables, fromMs: nowMs - 6 * 3_600_000, toMs: nowMs + 60_000, intervalMs: 60_000 }
    const wanted: Readonly<Record<string, string>> = { county: COUNTY, mine: MINE }
    for (const { name, query, multi } of templating.list) {
      const { rows } = await reader.query<{ __text: unknown; __value: unknown }>(interpolate(query, choice))
      const options = rows.map(({ __text, __value }) => ({ text: String(__text), value: String(__value) }))
      variables.set(name, multi === true ? options : options.filter(({ value }) => value === wanted[name]))
    }
    return choice
  }

  /** What a panel sees: of a repeated one the first point is chosen. */
  function seenBy(board: Board, { repeat }: BoardPanel): Choice {
    const choice = choices.get(board.uid) as Choice
    if (repeat === undefined) return choice
    return { ...choice, variables: new Map([...choice.variables, [repeat, (choice.variables.get(repeat) ?? []).slice(0, 1)]]) }
  }

  async function askInflux(q: string, login?: string): Promise<readonly InfluxSeries[]> {
    const headers: Record<string, string> = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
    const response = await fetch(`${influx.url}/query`, { method: 'POST', headers, body: new URLSearchParams({ db: DATABASE, epoch: 'ms', q }) })
    const answer = (await response.json()) as { error?: string; results?: { error?: string; series?: InfluxSeries[] }[] }
    const failed = answer.error ?? answer.results?.find(({ error }) => error !== undefined)?.error
    if (failed !== undefined) throw new TypeError(`InfluxDB refuses ${q}: ${failed}`)
    return (answer.results ?? []).flatMap(({ series = [] }) => series)
  }

  async function ask(target: Target, choice: Choice): Promise<readonly Record<string, unknown>[]> {
    if (target.rawSql !== undefined) return (await reader.query<Record<string, unknown>>(interpolate(target.rawSql, choice))).rows
    const series = await askInflux(interpolate(target.query ?? '', choice), 'grafana:of-grafana')
    // Grafana makes a column of every tag.
    return series.flatMap(({ tags, columns, values }) => values.map((row) => ({ ...tags, ...Object.fromEntries(columns.map((column, i) => [column, row[i]])) })))
  }

  const panel = (uid: string, title: string): [Board, BoardPanel] => {
    const board = boards.find((one) => one.uid === uid) as Board
    return [board, board.panels.find((one) => one.title.includes(title)) as BoardPanel]
  }

  test.each(boards)('$uid: every variable has options with a name and a value', (board) => {
    const empty = board.templating.list.filter(({ name }) => {
      const options = choices.get(board.uid)?.variables.get(name) ?? []
      return options.length === 0 || options.some(({ text, value }) => [text, value].some((word) => word === '' || word === 'undefined' || word === 'null'))
    })
    expect(empty.map(({ name }) => name)).toEqual([])
  })

  test.each(boards)('$uid: every query of every panel returns rows', async (board) => {
    const silent: string[] = []
    for (const one of board.panels) {
      for (const target of one.targets ?? []) {
        const rows = await ask(target, seenBy(board, one))
        if (rows.length === 0) silent.push(`${one.title} ${target.refId}`)
      }
    }
    expect(silent).toEqual([])
  })

  test.each(['orewatch-county', 'orewatch-mine', 'orewatch-link'])('%s: the samples of InfluxDB find their names in PostgreSQL by the same text', async (uid) => {
    const board = boards.find((one) => one.uid === uid) as Board
    const joined = board.panels.find(({ targets = [] }) => targets.length === 2 && targets.some(({ rawSql }) => rawSql !== undefined)) as BoardPanel
    const [samples, names] = await Promise.all((joined.targets ?? []).map((target) => ask(target, seenBy(board, joined))))
    const nameOf = new Map((names ?? []).map(({ p, name }) => [p, name]))
    const found = (samples ?? []).filter(({ p }) => typeof p === 'string' && typeof nameOf.get(p) === 'string')
    expect(found.length).toBeGreaterThan(30)
    expect(found.length).toBe(nameOf.size)
  })

  test('a county does not show the points of its neighbour', async () => {
    const [board, newest] = panel('orewatch-county', 'newest sample of every point')
    const [, names] = newest.targets ?? []
    expect((await ask(names as Target, seenBy(board, newest))).filter(({ mine }) => mine === '邻县尾矿库')).toEqual([])
  })

  test('a point whose newest sample has no value shows none, with its quality, and not the value before', async () => {
    const [board, newest] = panel('orewatch-mine', 'newest samples')
    const [samples, names] = await Promise.all((newest.targets ?? []).map((target) => ask(target, seenBy(board, newest))))
    const silent = names?.find(({ name }) => name === SILENT_POINT)
    expect(samples?.find(({ p }) => p === silent?.['p'])).toMatchObject({ value: null, quality: 2, time: nowMs })
  })

  test('a curve holds good samples only, and the bad ones are counted beside it', async () => {
    const [board, co] = panel('orewatch-mine', '一氧化碳')
    const [values = [], bad = []] = await Promise.all((co.targets ?? []).map((target) => ask(target, seenBy(board, co))))
    expect(bad.length).toBeGreaterThan(0)
    expect(values.filter(({ time }) => bad.some((row) => row['time'] === time))).toEqual([])
  })

  test('a mine without points of a class gives empty answers, never an error', async () => {
    for (const board of boards) {
      const { variables, ...span } = choices.get(board.uid) as Choice
      const nothing = new Map([...variables].map(([name, options]) => [name, name === 'county' || name === 'mine' ? options : []]))
      for (const one of board.panels) for (const target of one.targets ?? []) await expect(ask(target, { ...span, variables: nothing })).resolves.toBeInstanceOf(Array)
    }
  })

  test('a name with a quote in it does not break the query', async () => {
    const [board, mines] = panel('orewatch-county', '矿山 mines')
    const choice = { ...(choices.get(board.uid) as Choice), variables: new Map([['county', [{ text: "o'", value: "o'" }]]]) }
    for (const target of mines.targets ?? []) expect(await ask(target, choice)).toEqual([])
  })

  test.each(['account', 'session', 'audit_log', 'quarantine_sample'])('Grafana cannot read the table %s', async (name) => {
    await expect(reader.query(`select 1 from ${name}`)).rejects.toMatchObject({ code: '42501' })
  })

  test('Grafana cannot write, neither names nor samples', async () => {
    await expect(reader.query("update mine set name = 'x'")).rejects.toMatchObject({ code: '42501' })
    await expect(askInflux('DROP DATABASE orewatch', 'grafana:of-grafana')).rejects.toThrow('not authorized')
  })
})
