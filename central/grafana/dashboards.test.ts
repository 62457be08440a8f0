// What can be known of the dashboards without Grafana and without a database. What Grafana makes of them nobody here can see.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SENSOR_TYPES } from '@orewatch/core'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { dashboardFiles } from './index.ts'
import { STATUTORY_LIMITS } from './limits.ts'
import { classVariable } from './panels.ts'
import { type Board, type BoardPanel, faultsOf } from './test/checks.ts'

const boards = [...dashboardFiles().values()].map((text) => JSON.parse(text) as Board)
const panelOf = (code: string): BoardPanel | undefined => boards.flatMap(({ panels }) => panels).find(({ repeat }) => repeat === classVariable({ code }))
const yaml = (path: string): Record<string, unknown> => parse(readFileSync(join(import.meta.dirname, path), 'utf8')) as Record<string, unknown>

describe('the dashboards', () => {
  test('keep their uids, which links and bookmarks hold', () => {
    expect(boards.map(({ uid }) => uid)).toEqual(['orewatch-county', 'orewatch-mine', 'orewatch-tailings', 'orewatch-slope', 'orewatch-power', 'orewatch-events', 'orewatch-link'])
  })

  test.each(boards)('$uid: ids are unique, panels do not overlap, variables are defined, units and datasources known', (board) => {
    expect(faultsOf(board)).toEqual([])
    expect(board.panels.length).toBeGreaterThan(3)
  })

  test('show every class that has a number', () => {
    const numeric = Object.values(SENSOR_TYPES).filter(({ unit }) => unit !== 'event')
    expect(numeric.length).toBeGreaterThan(70)
    expect(numeric.filter(({ code }) => panelOf(code) === undefined).map(({ code, zh }) => `${code} ${zh}`)).toEqual([])
  })

  test('repeated panels take the whole width, so that Grafana pushes the others down and covers none', () => {
    const narrow = boards.flatMap(({ panels }) => panels.filter(({ repeat, gridPos }) => repeat !== undefined && gridPos.w !== 24))
    expect(narrow.map(({ title }) => title)).toEqual([])
  })

  test('draw a limit only where a regulation gives it, and name the regulation', () => {
    for (const [code, { value, source }] of Object.entries(STATUTORY_LIMITS)) {
      const { rangeLo = Number.NaN, rangeHi = Number.NaN } = SENSOR_TYPES[code] ?? {}
      expect(value, code).toBeGreaterThan(rangeLo)
      expect(value, code).toBeLessThan(rangeHi)
      expect(panelOf(code)?.description, code).toContain(`${value} ${SENSOR_TYPES[code]?.unit}, ${source}`)
    }
    const drawn = boards.flatMap(({ panels }) => panels.filter((panel) => JSON.stringify(panel.fieldConfig ?? {}).includes('"thresholds":{')))
    expect(new Set(drawn.map(({ repeat }) => repeat))).toEqual(new Set(Object.keys(STATUTORY_LIMITS).map((code) => classVariable({ code }))))
  })
})

describe('the check of a dashboard notices', () => {
  const [board] = boards
  const planted = (change: (copy: { panels: BoardPanel[]; templating: { list: { name: string; query: string }[] } }) => void): string => {
    const copy = structuredClone(board) as unknown as { panels: BoardPanel[]; templating: { list: { name: string; query: string }[] } }
    change(copy)
    return faultsOf(copy as unknown as Board).join('\n')
  }
  const replaceFirst = (panels: BoardPanel[], part: Partial<BoardPanel>): void => void panels.splice(0, 1, { ...(panels[0] as BoardPanel), ...part })

  test('two panels with one id', () => {
    expect(planted(({ panels }) => replaceFirst(panels, { id: 2 }))).toContain('is there twice')
  })
  test('two panels in one place', () => {
    expect(planted(({ panels }) => replaceFirst(panels, { gridPos: { x: 0, y: 0, w: 7, h: 4 } }))).toContain('overlap')
  })
  test('a panel beyond the edge', () => {
    expect(planted(({ panels }) => replaceFirst(panels, { gridPos: { x: 20, y: 90, w: 6, h: 4 } }))).toContain('leaves the grid')
  })
  test('a variable that nobody defines', () => {
    expect(planted(({ templating }) => void templating.list.splice(0, 1))).toContain('uses $county, which nobody defines')
  })
  test('a unit that Grafana does not know', () => {
    expect(planted(({ panels }) => replaceFirst(panels, { fieldConfig: { defaults: { unit: 'furlong' } } }))).toContain('furlong')
  })
  test('a datasource that is not provided', () => {
    expect(planted(({ panels }) => replaceFirst(panels, { datasource: { type: 'influxdb', uid: 'other' } }))).toContain('nobody provides')
  })
})

describe('the provisioning', () => {
  test('provides the datasources that the panels ask, with passwords from files', () => {
    const { datasources } = yaml('provisioning/datasources/orewatch.yaml') as { datasources: { uid: string; type: string; secureJsonData: { password: string }; jsonData: { httpMode?: string } }[] }
    const asked = new Set(boards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ datasource }) => `${datasource.type}/${datasource.uid}`))))
    expect(new Set(datasources.map(({ type, uid }) => `${type}/${uid}`))).toEqual(asked)
    expect(datasources.map(({ secureJsonData }) => secureJsonData.password).filter((password) => !/^\$__file\{\/run\/secrets\/[a-z-]+\}$/.test(password))).toEqual([])
  })

  test('the dashboards cannot be changed in place, since npm run gen would overwrite it', () => {
    const { providers } = yaml('provisioning/dashboards/orewatch.yaml') as { providers: { allowUiUpdates: boolean; type: string }[] }
    expect(providers).toMatchObject([{ allowUiUpdates: false, type: 'file' }])
  })
})
