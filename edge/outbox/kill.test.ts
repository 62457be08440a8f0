import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { healthySamples, OutboxSite } from './test/outbox-site.ts'

const CHILD = join(import.meta.dirname, 'test', 'append-forever.ts')

/** What the child said of one accepted append. */
interface Told {
  readonly stream: 'vital' | 'routine' | 'event'
  readonly first: number
  readonly count: number
  readonly number: number
}

/** Starts the child, kills it with -9 when it has told of so many appends and some milliseconds more, and returns all that it told. */
async function appendUntilKilled(directory: string, number: number, { appends, afterMs }: { readonly appends: number; readonly afterMs: number }): Promise<Told[]> {
  const child = spawn(process.execPath, [CHILD, directory, String(number)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  let isDying = false
  const isOver = new Promise((resolve) => child.once('close', resolve))
  child.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    // Counted in appends, so that a slow machine does not make the test idle; the milliseconds vary where in a sync it dies.
    if (isDying || said.split('\n').length - 2 < appends) return
    isDying = true
    setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  await isOver
  return said
    .slice(0, said.lastIndexOf('\n'))
    .split('\n')
    .slice(1)
    .map((line) => {
      const [stream, first, count, from] = line.split(' ')
      return { stream: stream as Told['stream'], first: Number(first), count: Number(count), number: Number(from) }
    })
}

/** The rows that must be there, by stream and position. */
function rowsOf({ stream, first, count, number }: Told): [string, unknown][] {
  if (stream === 'event') return [[`event ${first}`, { schema: 'test.number/1', timeMs: number, body: { number } }]]
  return healthySamples(count, number).map((sample, i) => [`${stream} ${first + i}`, sample])
}

test('whenever the process is killed, every accepted row is there once and unchanged', { timeout: 120_000 }, async () => {
  await using site = await OutboxSite.make()
  const told: Told[] = []
  for (let round = 0; round < 15; round++) {
    await site.reopen({}, async () => {
      told.push(...(await appendUntilKilled(site.directory, round * 1_000_000, { appends: 1 + 8 * round, afterMs: round % 5 })))
    })
  }
  expect(told.length).toBeGreaterThan(800)

  const rows = new Map<string, unknown>()
  for (const stream of ['vital', 'routine'] as const) {
    const { samples, positions } = await site.readAll(stream)
    for (const [i, position] of positions.entries()) rows.set(`${stream} ${position}`, samples[i])
    expect(new Set(samples.map(({ value }) => value)).size).toBe(samples.length)
  }
  const events = await site.readAll('event')
  for (const [i, position] of events.positions.entries()) rows.set(`event ${position}`, events.records[i])

  const expected = new Map(told.flatMap(rowsOf))
  expect([...expected.keys()].filter((key) => !rows.has(key))).toEqual([])
  expect([...expected].filter(([key, row]) => JSON.stringify(rows.get(key)) !== JSON.stringify(row))).toEqual([])
  expect(await site.gaps()).toEqual([])
})

test('a killed owner leaves no lock behind', { timeout: 60_000 }, async () => {
  await using site = await OutboxSite.make()
  await site.reopen({}, async () => {
    await appendUntilKilled(site.directory, 0, { appends: 20, afterMs: 0 })
  })
  expect((await site.append('vital', healthySamples(1))).count).toBe(1)
})

test('an outbox that another process has open is refused', { timeout: 60_000 }, async () => {
  await using site = await OutboxSite.make()
  const child = spawn(process.execPath, [CHILD, site.directory, '0'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString()
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).toBe(1)
  expect(said).toContain('OUTBOX_LOCKED')
  expect(said).toContain(`owner=process ${process.pid}`)
})
