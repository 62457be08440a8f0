import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MonthFiles } from './month-files.ts'
import { ReaderPool } from './reader-pool.ts'

const SLOW = 'SELECT count(*) FROM range(100000000000) WHERE range % 7 = 3'

let directory: string
let files: MonthFiles
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-duckdb-pool-'))
  files = await MonthFiles.open({ directory, memoryMb: 128, threads: 1 })
})
afterEach(() => {
  files.close()
  rmSync(directory, { recursive: true, force: true })
})

test('a query that takes too long is stopped, and the next one is answered', async () => {
  const pool = await ReaderPool.open(files, 200)
  await expect(pool.run((connection) => connection.run(SLOW))).rejects.toMatchObject({ code: 'DUCKDB_QUERY_TIMEOUT', retry: 'later' })
  expect((await pool.run((connection) => connection.runAndReadAll('SELECT 42'))).getRows()).toEqual([[42]])
  await pool.close()
})

test('more queries than may wait are refused at once', async () => {
  const pool = await ReaderPool.open(files, 200)
  const asked = Array.from({ length: 500 }, () => pool.run((connection) => connection.runAndReadAll('SELECT 1')))
  const refused = (await Promise.allSettled(asked)).filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(100)
  expect(refused[0]).toMatchObject({ reason: { code: 'TELEMETRY_BUSY', retry: 'soon' } })
  await pool.close()
})
