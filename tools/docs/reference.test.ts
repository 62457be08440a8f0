import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadYaml } from '@orewatch/config'
import { beforeAll, expect, test } from 'vitest'
import { CentralConfig } from '../../central/settings/schema.ts'
import { GatewayConfig } from '../../edge/settings/schema.ts'
import { type CodeEntry, errorCodes } from './error-codes.ts'
import { generatedFiles } from './generated.ts'
import { metricNames } from './metric-names.ts'
import { editorSchema, rowsOf, type Schema } from './schema-rows.ts'

const ROOT = join(import.meta.dirname, '../..')
let codes: readonly CodeEntry[]

beforeAll(async () => {
  codes = await errorCodes(ROOT)
})

test('the committed reference and dashboards are what npm run gen makes', { timeout: 60_000 }, async () => {
  const stale = [...(await generatedFiles())].flatMap(([path, text]) => {
    const file = join(ROOT, path)
    return existsSync(file) && readFileSync(file, 'utf8') === text ? [] : [path]
  })
  expect(stale, 'run npm run gen and commit docs/reference and central/grafana/dashboards').toEqual([])
})

test('error codes are unique and written in capitals', () => {
  expect(codes.length).toBeGreaterThan(100)
  expect([...Map.groupBy(codes, ({ code }) => code)].filter(([, entries]) => entries.length > 1).map(([code]) => code)).toEqual([])
  expect(codes.map(({ code }) => code).filter((code) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code))).toEqual([])
})

test('every error says in a sentence what is wrong, and when to try again', () => {
  expect(codes.filter(({ message, retry }) => message.length < 15 || !/[.;]$|[.]\s*$/.test(message) || !['soon', 'later', 'never'].includes(retry)).map(({ code }) => code)).toEqual([])
})

test('every error code is made somewhere', () => {
  const files = globSync('{packages,edge,firmware-adapters,central,tools}/**/*.{ts,tsx}', { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**', '**/*.test.*', '**/test/**'] })
  const text = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n')
  expect(codes.filter(({ maker }) => !text.includes(maker)).map(({ code, maker }) => `${code} (${maker})`)).toEqual([])
})

test('every metric has a unit or a thing in its name, a sentence, and is declared once', async () => {
  const metrics = await metricNames(ROOT)
  expect(metrics.length).toBeGreaterThan(30)
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length)
  expect(metrics.filter(({ name, help }) => !/^[a-z]+(_[a-z]+)+$/.test(name) || !help.endsWith('.')).map(({ name }) => name)).toEqual([])
})

test('every key of a configuration is described', () => {
  const bare = [GatewayConfig, CentralConfig]
    .flatMap((schema) => rowsOf(schema as unknown as Schema))
    .filter(({ key, description }) => description === '' && !key.endsWith('.kind') && !/^lines\[\]\.[a-z0-9]+$/.test(key))
  expect(bare.map(({ key }) => key)).toEqual([])
})

test('a key with a default is not asked for by the editor', () => {
  const { required, properties } = editorSchema(GatewayConfig) as Schema
  expect(required).toEqual(['gateway', 'dataDirectory', 'uplink', 'lines', 'devices'])
  expect(properties?.['uplink']?.required).toEqual(['url'])
})

test('the examples in the tree fit the schemas that editors are given', () => {
  expect(() => loadYaml(join(ROOT, 'examples/demo-mine/gateway-u1.yaml'), GatewayConfig)).not.toThrow()
  expect(() => loadYaml(join(ROOT, 'central/settings/example.yaml'), CentralConfig)).not.toThrow()
})
