/* The pages of docs/reference/, made from what the code declares; `npm run gen` writes them, a test compares them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ACTIONS, ROLES } from '../../central/kernel/access/index.ts'
import { CentralConfig } from '../../central/settings/schema.ts'
import { capabilities as duckdb } from '../../central/telemetry/duckdb/capabilities.ts'
import { capabilities as influxdb } from '../../central/telemetry/influxdb/capabilities.ts'
import type { StoreCapabilities } from '../../central/telemetry/store.ts'
import { capabilities as victoriametrics } from '../../central/telemetry/victoriametrics/capabilities.ts'
import { GatewayConfig } from '../../edge/settings/schema.ts'
import { ModbusProfile, OpcUaProfile } from '@orewatch/firmware-adapters'
import { errorCodes } from './error-codes.ts'
import { httpRoutes } from './http-routes.ts'
import { metricNames } from './metric-names.ts'
import { cell, editorSchema, rowsOf, type Schema, tableOf } from './schema-rows.ts'

const ROOT = join(import.meta.dirname, '../..')
const MADE = 'Made by `npm run gen` from the code; edit that, not this.'

/** Every page by its path below the root, with its text. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const pages = new Map<string, string>([
    ['README.md', indexPage()],
    ['configuration.md', configurationPage()],
    ['profile-language.md', profilePage()],
    ['errors.md', await errorsPage()],
    ['metrics.md', await metricsPage()],
    ['stores.md', storesPage()],
    ['http.md', await httpPage()],
    ['schemas/gateway.schema.json', schemaFile('gateway', 'Configuration of an Orewatch gateway', GatewayConfig, version)],
    ['schemas/central.schema.json', schemaFile('central', 'Configuration of Orewatch central', CentralConfig, version)],
    ['schemas/profile.schema.json', schemaFile('profile', 'Profile of a family of devices', { oneOf: [ModbusProfile, OpcUaProfile] }, version)],
  ])
  return new Map([...pages].map(([path, text]) => [`docs/reference/${path}`, text]))
}

function indexPage(): string {
  return `# Reference

${MADE}

- [Configuration](configuration.md) of the gateway and of central, key by key
- [Profile language](profile-language.md)
- [Error codes](errors.md)
- [Metrics](metrics.md)
- [Telemetry stores](stores.md) and what each can do
- [HTTP interface](http.md) and who may use it
- JSON schemas for editors: [gateway](schemas/gateway.schema.json), [central](schemas/central.schema.json), [profile](schemas/profile.schema.json)

An editor with the YAML language server completes and checks a file that begins with
\`# yaml-language-server: $schema=<path or URL of the schema>\`; in this checkout \`.vscode/settings.json\` binds them by file name.
The programs check more than a schema can say: \`npx orewatch-edge check\` and \`npx orewatch check\`.
`
}

function configurationPage(): string {
  return `# Configuration

${MADE} Keys that are not listed are refused, with file and line.

## Gateway: gateway.yaml

\`lines[].id\` is the id of each entry of \`lines\`. A line has exactly one protocol.

${tableOf(rowsOf(GatewayConfig as unknown as Schema))}

## Central: central.yaml

${tableOf(rowsOf(CentralConfig as unknown as Schema))}
`
}

function profilePage(): string {
  return `# Profile language

${MADE} A profile says what a family of devices gives: \`firmware-adapters/<family>/profile.yaml\`, or a file of your own.
[Add a device family](../guides/add-a-device-family.md) shows it at work.

## Modbus

${tableOf(rowsOf(ModbusProfile as unknown as Schema))}

## OPC UA

${tableOf(rowsOf(OpcUaProfile as unknown as Schema))}
`
}

async function errorsPage(): Promise<string> {
  const codes = await errorCodes(ROOT)
  const sections = [...Map.groupBy(codes, ({ folder }) => folder)].map(([folder, entries]) => {
    const rows = entries.map(({ code, retry, message }) => `| \`${code}\` | ${retry} | ${cell(message)} |`)
    return `## ${folder}\n\n| Code | Retry | Meaning |\n|---|---|---|\n${rows.join('\n')}\n`
  })
  return `# Error codes

${MADE} Every failure of the world has one of these codes; the facts of the case follow in brackets. Retry says when trying
again makes sense: \`soon\` (the programs do), \`later\` (something must change first), \`never\` (a mistake that stays one).
\`CONFIG_INVALID\` is a mistake in a file: it names file, line and what would be right.

${sections.join('\n')}`
}

async function metricsPage(): Promise<string> {
  const metrics = await metricNames(ROOT)
  const section = (program: string): string =>
    metrics
      .filter((metric) => metric.program === program)
      .map(({ name, help }) => `| \`${name}\` | ${cell(help)} |`)
      .join('\n')
  return `# Metrics

${MADE} Prometheus text at \`/metrics\`; beside these the usual ones of a Node process (\`process_…\`, \`nodejs_…\`).

## Gateway

| Metric | Meaning |
|---|---|
${section('edge')}

## Central

| Metric | Meaning |
|---|---|
${section('central')}
`
}

const CAPABILITY_WORDS: Readonly<Record<keyof StoreCapabilities, string>> = {
  hasTransactionalRanges:
    'Samples and the outbox ranges that they fill become durable in one transaction; otherwise the ranges follow, and a kill between the two makes the gateway send again what is there already.',
  detectsConflicts: 'A sample that contradicts a stored one is told apart and goes to quarantine, the first is kept; otherwise ingest catches it only within the window that it holds in memory.',
  keepsMetadata: 'Reason, flags and the gateway’s time come back as they were.',
  keepsFarTimes: 'Any time from 1970 up to the year 2200 is kept; otherwise a batch with a time too old or too far ahead is refused whole.',
  acknowledgesDurably: 'What is acknowledged survives a kill of the store (victoriametrics: with `durability: snapshot`, the default); otherwise central logs an error at start.',
  removesSamples: 'Samples that have outlived the retention of their class are removed by central; otherwise only by the server’s own retention period, for all points alike.',
}

function storesPage(): string {
  const rows = (Object.keys(CAPABILITY_WORDS) as (keyof StoreCapabilities)[]).map(
    (key) => `| \`${key}\` | ${[duckdb, influxdb, victoriametrics].map((store) => (store[key] ? 'yes' : 'no')).join(' | ')} | ${CAPABILITY_WORDS[key]} |`,
  )
  return `# Telemetry stores

${MADE} Every store passes \`central/telemetry/conformance.ts\`; what it cannot do, it declares here.

| Capability | duckdb | influxdb | victoriametrics | Meaning |
|---|---|---|---|---|
${rows.join('\n')}

Settings: [configuration](configuration.md), keys \`store (duckdb)\`, \`store (influxdb)\` and \`store (victoriametrics)\`.
`
}

async function httpPage(): Promise<string> {
  const routes = (await httpRoutes()).map(({ method, path, summary, access }) => `| \`${method} ${path}\` | ${cell(summary)} | ${cell(access)} |`)
  const roles = Object.entries(ROLES).map(([role, { zh, en }]) => {
    const actions = Object.entries(ACTIONS)
      .filter(([, allowed]) => (allowed as readonly string[]).includes(role))
      .map(([action]) => `\`${action}\``)
    return `| \`${role}\` | ${zh} · ${en} | ${actions.join(', ')} |`
  })
  return `# HTTP interface

${MADE} The interface describes itself: \`/api/openapi.json\` (OpenAPI 3.1) and \`/docs\` of a running central, for whoever is
logged in. All times are UTC milliseconds; a number that does not exist is null.

| Route | What it gives | Who may |
|---|---|---|
${routes.join('\n')}

## Roles

An account has a role, or several that do not exclude each other; the three administrators exclude every other role (三员分立).
*Own scope* is the division prefix of the account, and its mines where it is limited to some.

| Role | Name | May |
|---|---|---|
${roles.join('\n')}
`
}

function schemaFile(name: string, title: string, schema: unknown, version: string): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `urn:orewatch:${name}:${version}`, title, $comment: MADE }
  return `${JSON.stringify({ ...head, ...(editorSchema(schema) as object) }, null, 2)}\n`
}
