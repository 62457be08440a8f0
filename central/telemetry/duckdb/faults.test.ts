import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { SampleBuilder } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TelemetryStore } from '../store.ts'
import { openDuckDbStore } from './index.ts'

const T0 = Date.UTC(2026, 10, 5)
const FILE = 'samples-2026-11.duckdb'
const RANGES = [{ gateway: 1, incarnation: '0123456789abcdef', stream: 'routine' as const, ranges: [{ first: 0, count: 10 }] }]

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-duckdb-faults-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const open = (more: { maxPendingRows?: number } = {}): Promise<TelemetryStore> => openDuckDbStore({ directory, log: silentLogger(), memoryMb: 128, threads: 1, ...more })

describe('files that are not ours', () => {
  test('junk in place of a month is refused, and the message says what to do', async () => {
    writeFileSync(join(directory, FILE), Buffer.alloc(20_000, 'junk'))
    await expect(open()).rejects.toMatchObject({ code: 'DUCKDB_FILE_REFUSED', retry: 'never', message: expect.stringMatching(/Move it .* out of the directory.*samples-2026-11\.duckdb/) })
  })

  test('a DuckDB file of another program is refused and left as it is', async () => {
    const instance = await DuckDBInstance.create(join(directory, FILE))
    await (await instance.connect()).run('CREATE TABLE theirs (x INTEGER)')
    instance.closeSync()
    await expect(open()).rejects.toMatchObject({ code: 'DUCKDB_FILE_REFUSED', details: { found: 'tables theirs' } })
  })

  test('a file of a newer format is refused', async () => {
    const store = await open()
    await store.write(samples(10), RANGES)
    await store.close()
    const instance = await DuckDBInstance.create(join(directory, FILE))
    await (await instance.connect()).run('UPDATE about SET format = 2')
    instance.closeSync()
    await expect(open()).rejects.toMatchObject({ code: 'DUCKDB_FILE_REFUSED', details: { found: 'format 2', expected: 'format 1' } })
  })

  test('a damaged header is refused', async () => {
    const store = await open()
    await store.write(samples(1_000), [])
    await store.close()
    const bytes = readFileSync(join(directory, FILE))
    bytes.fill(0xa5, 0, 12_288)
    writeFileSync(join(directory, FILE), bytes)
    await expect(open()).rejects.toMatchObject({ code: 'DUCKDB_FILE_REFUSED' })
  })

  test.for([0, 100, 4_096, 12_288])('what was left of a file half made, %i bytes of it, is made anew', async (bytes) => {
    const first = await open()
    await first.write(samples(0), RANGES)
    await first.close()
    const made = readFileSync(join(directory, FILE))
    rmSync(join(directory, FILE))
    writeFileSync(join(directory, `${FILE}.new`), made.subarray(0, bytes))
    writeFileSync(join(directory, `${FILE}.new.wal`), made.subarray(0, bytes))
    const store = await open()
    await store.write(samples(10), RANGES)
    expect(await store.count()).toBe(10)
    await store.close()
    expect(readdirSync(directory)).toEqual([FILE])
  })

  test('other files in the directory are let alone', async () => {
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    writeFileSync(join(directory, 'samples-2026-13.duckdb'), 'no such month')
    await (await open()).close()
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['notes.txt', 'samples-2026-13.duckdb']))
  })

  test('a path that is a file is refused as a directory', async () => {
    writeFileSync(join(directory, 'file'), '')
    await expect(openDuckDbStore({ directory: join(directory, 'file'), log: silentLogger() })).rejects.toMatchObject({ code: 'DUCKDB_DIRECTORY_UNUSABLE' })
  })

  test('a directory with a quote and a space in its name works', async () => {
    const store = await openDuckDbStore({ directory: join(directory, "the mine's store"), log: silentLogger() })
    await store.write(samples(3), [])
    expect(await store.count()).toBe(3)
    await store.close()
  })
})

test('a second program is told that the store is in use', async () => {
  const store = await open()
  await store.write(samples(10), [])
  const second = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
    import { openDuckDbStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    import { silentLogger } from ${JSON.stringify(import.meta.resolve('@orewatch/observability'))}
    await openDuckDbStore({ directory: ${JSON.stringify(directory)}, log: silentLogger() }).then(() => console.log('opened'), (err) => console.log(err.code))`,
    ],
    { encoding: 'utf8' },
  )
  expect(second.trim()).toBe('DUCKDB_LOCKED')
  await store.close()
})

test('more samples than may wait are refused at once, and the store stays usable', async () => {
  const store = await open({ maxPendingRows: 10_000 })
  const first = store.write(samples(9_000), [])
  await expect(store.write(samples(2_000), [])).rejects.toMatchObject({ code: 'TELEMETRY_BUSY', retry: 'soon' })
  await first
  await store.write(samples(2_000), [])
  expect(await store.count()).toBe(9_000)
  await store.close()
})

test('what was accepted before close is stored by it', async () => {
  const store = await open()
  const writes = Array.from({ length: 20 }, (_, i) => store.write(samples(100, i * 100), []))
  const [results] = await Promise.all([Promise.all(writes), store.close()])
  expect(results.map((r) => r.stored)).toEqual(Array.from({ length: 20 }, () => 100))
})

test('the newest samples are written down at close, so that the next start scans nothing', async () => {
  const store = await open()
  await store.write(samples(1_000), RANGES)
  await store.close()
  const instance = await DuckDBInstance.create(join(directory, FILE))
  const reader = await (await instance.connect()).runAndReadAll('SELECT (SELECT count(*) FROM newest)::INTEGER, rows_seen::INTEGER FROM about')
  expect(reader.getRows()).toEqual([[7, 1_000]])
  instance.closeSync()
})

describe.skipIf(!canMount())('on a disk of 16 MB (skipped where this user may not mount a tmpfs: run the tests as root)', () => {
  test('a full disk rejects writes without loss, and writing goes on when there is room again', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory])
    try {
      const store = await open()
      expect((await store.write(samples(5_000), RANGES)).stored).toBe(5_000)
      fillDisk()
      await expect(writeUntilRefused(store)).rejects.toMatchObject({ code: 'DUCKDB_DISK_FULL', retry: 'soon' })
      expect(store.health()).toMatchObject({ ok: false })
      rmSync(join(directory, 'ballast'))
      await store.write(samples(200_000), RANGES)
      expect(await store.count()).toBe(200_000)
      expect(store.health()).toMatchObject({ ok: true })
      await store.close()
      const again = await open()
      expect(await again.count()).toBe(200_000)
      expect((await again.latest([3]))[0]?.timeMs).toBe(T0 + 199_993)
      await again.close()
    } finally {
      execFileSync('umount', ['-l', directory])
    }
  })
})

/** Sample i is of point i % 7 at T0 + i, so that any prefix may be sent again. */
function samples(count: number, from = 0): SampleBuilder {
  const builder = new SampleBuilder(count)
  for (let i = from; i < from + count; i++) builder.push(i % 7, T0 + i, Math.sin(i))
  return builder
}

async function writeUntilRefused(store: TelemetryStore): Promise<void> {
  for (let first = 0; first < 200_000; first += 20_000) await store.write(samples(20_000, first), RANGES)
}

function fillDisk(): void {
  // dd ends with an error when the disk is full, which is the point.
  execFileSync('sh', ['-c', `dd if=/dev/zero of='${directory}/ballast' bs=16k 2>/dev/null || true`])
}

function canMount(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'orewatch-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'ignore' })
    execFileSync('umount', [place], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
