/* The document that other programs are generated from: complete, and valid as OpenAPI 3.1. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiFixture, openApiFixture } from './test/api-fixture.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: { readonly default?: Json } }[]
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Readonly<Record<string, { readonly schema: Json }>> }>>
}
interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

let fixture: ApiFixture
let document: Document

beforeAll(async () => {
  fixture = await openApiFixture()
  document = (await fixture.as('officer-1', { url: '/api/openapi.json' })).body
})
afterAll(async () => {
  await fixture.app.close()
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })))

// Keywords of OpenAPI 3.0 that JSON Schema 2020-12, and so 3.1, does not have or reads otherwise.
function oldKeywords(node: Json, at: string): string[] {
  if (node === null || typeof node !== 'object') return []
  if (Array.isArray(node)) return node.flatMap((item, i) => oldKeywords(item, `${at}/${i}`))
  const here = [
    ...('nullable' in node && typeof node['nullable'] === 'boolean' ? [`${at}: nullable`] : []),
    ...(Array.isArray(node['items']) ? [`${at}: items as a list`] : []),
    ...(typeof node['exclusiveMinimum'] === 'boolean' || typeof node['exclusiveMaximum'] === 'boolean' ? [`${at}: boolean exclusive bound`] : []),
  ]
  return [...here, ...Object.entries(node).flatMap(([key, value]) => oldKeywords(value, `${at}/${key}`))]
}

test('is 3.1 and says what it is', () => {
  expect([document.openapi, document.info.title]).toEqual(['3.1.0', 'Orewatch 矿哨'])
})

test('names every route of ours', () => {
  const routes = fixture.app.routeTable.filter(({ url }) => (url.startsWith('/api/') && url !== '/api/openapi.json') || /^\/(healthz|readyz|metrics)$/.test(url))
  const written = routes.map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  expect(
    operations()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(written.toSorted())
})

test('every operation has its own id and a sentence', () => {
  const ids = operations().map(({ operation }) => operation.operationId)
  expect([new Set(ids).size, operations().filter(({ operation }) => operation.summary === '')]).toEqual([ids.length, []])
})

test('every path parameter is declared and required', () => {
  const missing = operations().flatMap(({ name, path, operation }) =>
    [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, parameter]) =>
      operation.parameters?.some((declared) => declared.in === 'path' && declared.name === parameter && declared.required === true) ? [] : [`${name}: ${parameter}`],
    ),
  )
  expect(missing).toEqual([])
})

test('what has a default need not be sent', () => {
  const limits = operations()
    .flatMap(({ operation }) => operation.parameters ?? [])
    .filter((parameter) => parameter.name === 'limit')
  expect(limits.map((parameter) => parameter.required)).toEqual(limits.map(() => false))
})

test('every response has a description and a schema', () => {
  const bare = operations().flatMap(({ name, operation }) =>
    Object.entries(operation.responses)
      .filter(([, { description, content }]) => description === '' || Object.values(content).some(({ schema }) => schema === undefined))
      .map(([status]) => `${name} ${status}`),
  )
  expect(bare).toEqual([])
})

test('no schema uses what 3.1 no longer has', () => {
  expect(oldKeywords(document as unknown as Json, '')).toEqual([])
})

test('the interactive documentation opens for users only', async () => {
  const anonymous = await fixture.app.inject({ url: '/docs/', remoteAddress: '10.0.0.9' })
  const known = await fixture.as('officer-1', { url: '/docs/' })
  expect([anonymous.statusCode, known.status]).toEqual([401, 200])
})
