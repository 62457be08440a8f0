/* What tests of alarms stand on: a real PostgreSQL with two mines and their points, and a real DuckDB. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkRuleSet, type RuleSet } from '@orewatch/alarm-rules'
import { columnsOf, SAMPLE_FLAGS } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { openRegistry, type Registry } from '../../registry/index.ts'
import type { Relational } from '../../relational/index.ts'
import { openTestRelational } from '../../relational/testing.ts'
import { openDuckDbStore } from '../../telemetry/duckdb/index.ts'
import type { TelemetryStore } from '../../telemetry/store.ts'
import { type Alarm, type AlarmEngine, type AlarmJournal, openAlarmCheckpoints, openAlarmEngine, openAlarmJournal } from '../index.ts'
import type { AlarmEngineTimes } from '../engine.ts'

/** CO at the return airway of the mine, and O2 beside it. */
export const CO = '9901211000010101010001'
export const O2 = '9901211000010101050001'
export const MINE = '990121100001'
export const POND = '990121300001'

const FIXTURES = `
divisions: [{ code: "990121", name: 示例县 }, { code: "990122", name: 邻县 }]
mines: [{ subjectCode: "${MINE}", name: 示例一号铁矿 }, { subjectCode: "${POND}", name: 示例尾矿库 }, { subjectCode: "990122300001", name: 邻县尾矿库 }]
gateways: [{ group: "990121", node: gw, subject: "${MINE}", alsoSubjects: ["${POND}"] }]
`

/** CO as S17 has it: yellow at 24 ppm after three samples, orange at 48, red at 100 at once. */
export const RULES: RuleSet = checkRuleSet({
  version: 1,
  rules: [
    {
      kind: 'limit',
      id: 'GAS-1.CO',
      version: 1,
      title: { zh: '一氧化碳超限', en: 'carbon monoxide' },
      for: { sensorTypes: ['0101'] },
      levels: {
        yellow: { ge: 24, minSamples: 3, source: 'KA23-60', confidence: 'S' },
        orange: { ge: 48, source: 'T-20', confidence: 'D' },
        red: { ge: 100, minSamples: 1, source: 'T-20', confidence: 'D' },
      },
    },
  ],
})

/** A site: database, register and store, and engines on them. */
export interface AlarmSite extends AsyncDisposable {
  readonly relational: Relational
  readonly registry: Registry
  readonly store: TelemetryStore
  readonly journal: AlarmJournal
  /** Register ids by point code. */
  readonly ids: ReadonlyMap<string, number>
  /** Alarms that were told to listeners, in their order. */
  readonly told: Alarm[]
  /** Starts an engine; it is stopped at the end unless the test kills it. */
  start(journal?: AlarmJournal, times?: AlarmEngineTimes): Promise<AlarmEngine>
  register(...codes: readonly string[]): Promise<void>
  /** Writes CO values one a second into the store and gives them to the engine, as ingest does. */
  bring(engine: AlarmEngine | undefined, fromMs: number, values: readonly number[], more?: { readonly code?: string; readonly isBackfilled?: boolean; readonly writeMs?: number }): Promise<void>
}

/** Opens a site; takes about two seconds. */
export async function openAlarmSite(): Promise<AlarmSite> {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-alarms-'))
  const relational = await openTestRelational()
  const registry = openRegistry(relational)
  await registry.importFixtures(FIXTURES, 'county.yaml')
  const gateway = await registry.gatewayByTopic('990121', 'gw')
  if (gateway === undefined) throw new TypeError('the fixtures have no gateway')
  const store = await openDuckDbStore({ directory, log: silentLogger(), memoryMb: 128, threads: 1 })
  const engines = new Set<AlarmEngine>()
  const told: Alarm[] = []
  const ids = new Map<string, number>()
  const register = async (...codes: readonly string[]): Promise<void> => {
    const announced = codes.map((pointCode) => ({ device: 'gas-1', metric: pointCode, pointCode, unit: pointCode.slice(14, 18) === '0105' ? '%VOL' : 'ppm', periodMs: 1_000 }))
    for (const resolution of await registry.resolve(gateway, announced)) if ('point' in resolution) ids.set(resolution.point.pointCode, resolution.point.id)
  }
  await register(CO, O2)
  const site: AlarmSite = {
    relational,
    registry,
    store,
    journal: openAlarmJournal(relational),
    ids,
    told,
    register,
    start: async (journal = site.journal, times = {}) => {
      const engine = openAlarmEngine(
        { ruleSet: RULES, facts: { mines: {}, points: {} }, journal, checkpoints: openAlarmCheckpoints(relational), store, registry, log: silentLogger() },
        { tickMs: 50, checkpointMs: 60_000, refreshMs: 50, backlogRestMs: 100, ...times },
      )
      engine.onChange((alarms) => told.push(...alarms))
      await engine.start()
      engines.add(engine)
      return engine
    },
    bring: async (engine, fromMs, values, { code = CO, isBackfilled = false, writeMs = 0 } = {}) => {
      const flags = isBackfilled ? SAMPLE_FLAGS.backfilled : 0
      const samples = columnsOf(values.map((value, i) => ({ key: ids.get(code) ?? 0, timeMs: fromMs + 1_000 * i, value, quality: 0, reason: 0, flags, gatewayDeltaMs: 0 })))
      if (isBackfilled) await engine?.noteBacklog(samples)
      if (writeMs > 0) await new Promise((resolve) => setTimeout(resolve, writeMs))
      await store.write(samples, [])
      engine?.take(samples, new Set())
    },
    [Symbol.asyncDispose]: async () => {
      for (const engine of engines) await engine.stop()
      await store.close()
      await relational.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return site
}
