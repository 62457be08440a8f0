import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RangeSet } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDuckDbStore } from './index.ts'
import { batchOf, INCARNATION, LANES, POINTS, sampleOf } from './test/lanes.ts'

const WRITER = fileURLToPath(new URL('./test/killed-writer.ts', import.meta.url))
// A longer run: OREWATCH_KILLS=100 npx vitest run central/telemetry/duckdb/kill.test.ts
const KILLS = Number(process.env['OREWATCH_KILLS'] ?? 8)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-duckdb-kill-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

test('a writer killed -9 at any moment loses, doubles and changes no acknowledged sample', async () => {
  const acknowledged = LANES.map(() => new RangeSet())
  for (let kill = 0; kill < KILLS; kill++) {
    const lines = await writeUntilKilled(directory, 1 + Math.floor(Math.random() * 60))
    for (const [lane, first, count] of lines) acknowledged[lane as number]?.add(first as number, count as number)
    await checkStore(acknowledged)
  }
  expect(acknowledged.every((set) => set.size > 0)).toBe(true)
}, 600_000)

test('a writer killed -9 while it makes its first file leaves a directory that opens', async () => {
  for (let kill = 0; kill < 4; kill++) {
    const place = join(directory, String(kill))
    const child = spawn(process.execPath, [WRITER, place], { stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = new Promise((resolve) => {
      child.once('close', resolve)
    })
    while (!hasFile(place))
      await new Promise((resolve) => {
        setTimeout(resolve, 1)
      })
    child.kill('SIGKILL')
    await ended
    const store = await openDuckDbStore({ directory: place, log: silentLogger(), memoryMb: 128, threads: 1 })
    expect((await store.write(batchOf(0, 1_000_000, 10), [])).stored).toBe(10)
    await store.close()
  }
}, 120_000)

function hasFile(place: string): boolean {
  return existsSync(place) && readdirSync(place).some((name) => name.endsWith('.duckdb.new') || name.endsWith('.duckdb'))
}

async function writeUntilKilled(place: string, killAfterLines: number): Promise<number[][]> {
  const child = spawn(process.execPath, [WRITER, place], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > killAfterLines) child.kill('SIGKILL')
  })
  await new Promise((resolve) => {
    child.once('close', resolve)
  })
  expect(child.signalCode).toBe('SIGKILL')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').map(Number))
}

async function checkStore(acknowledged: readonly RangeSet[]): Promise<void> {
  const store = await openDuckDbStore({ directory, log: silentLogger(), memoryMb: 128, threads: 1 })
  try {
    const ranges = await store.storedRanges(1, INCARNATION)
    const found = await readAll(store)
    for (const [lane, { stream }] of LANES.entries()) {
      const stored = RangeSet.of(ranges.get(stream) ?? [])
      const notInRanges = (acknowledged[lane] as RangeSet).ranges().filter(({ first, count }) => !stored.covers(first, count))
      expect(notInRanges).toEqual([])
      const missing = stored
        .ranges()
        .flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
        .filter((position) => !found.get(lane)?.has(position))
      expect(missing).toEqual([])
    }
    expect(await store.count()).toBe([...found.values()].reduce((total, positions) => total + positions.size, 0))
  } finally {
    await store.close()
  }
}

/** Positions in the store by lane; fails on any sample that is not exactly what its position says. */
async function readAll(store: Awaited<ReturnType<typeof openDuckDbStore>>): Promise<Map<number, Set<number>>> {
  const found = new Map(LANES.map((_, lane) => [lane, new Set<number>()]))
  for (let point = 0; point < POINTS; point++) {
    const { samples } = await store.range(point, 0, Date.UTC(2030, 0, 1), 1_000_000)
    for (let i = 0; i < samples.count; i++) {
      const value = samples.value[i] as number
      const lane = Math.floor(value / 1e7)
      const position = value - lane * 1e7 - 0.25
      expect(sampleOf(lane, position)).toEqual({ point, timeMs: samples.timeMs[i], value })
      found.get(lane)?.add(position)
    }
  }
  return found
}
