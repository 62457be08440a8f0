import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { columnsOf } from '@orewatch/core'
import { silentLogger } from '@orewatch/observability'
import { openAudit } from '../../kernel/access/index.ts'
import { openRegistry } from '../../registry/index.ts'
import { removeEmbedded } from '../../relational/index.ts'
import { loadCentralSettings } from '../../settings/index.ts'
import { openTelemetryStore } from '../../telemetry/registry.ts'
import { parseCommand } from './arguments.ts'
import { openBeside } from './database.ts'

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url))
let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-cli-'))
  write('central.yaml', 'listen: { port: 0 }\nbroker: { embedded: { port: 0 } }\n')
  write('county.yaml', 'divisions: [{ code: "990121", name: 甲县 }]\nmines: [{ subjectCode: "990121100001", name: 一号 }, { subjectCode: "1" }]\n')
  write('password', 'Kuang-shan-2026!x\n')
})
afterAll(() => {
  removeEmbedded(join(directory, 'data', 'relational'))
  rmSync(directory, { recursive: true, force: true })
})

function write(name: string, text: string, mode = 0o600): string {
  const file = join(directory, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

async function orewatch(words: readonly string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...words], { cwd: directory })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  child.stdin.end(input)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

describe('the command line', () => {
  test('without words explains itself', async () => {
    expect((await orewatch([])).out).toContain('orewatch gateway add')
  })
  test('a command that nobody knows is refused', async () => {
    expect(await orewatch(['dance'])).toMatchObject({ code: 1, err: expect.stringContaining('SERVER_USAGE') })
  })
  test('an option that nobody knows is refused', () => {
    expect(() => parseCommand(['user', 'add', 'li', '--password', 'secret'])).toThrow(/SERVER_USAGE|cannot be read/)
  })
  test('check says what would run', async () => {
    expect(await orewatch(['check'])).toMatchObject({ code: 0, out: expect.stringContaining('central.yaml: good') })
  })
  test('check names file and line of a mistake', async () => {
    write('wrong.yaml', 'listen:\n  host: 0.0.0.0\n')
    expect(await orewatch(['check', '--config', 'wrong.yaml'])).toMatchObject({ code: 2, err: expect.stringContaining('wrong.yaml:2:') })
  })
})

describe('accounts and gateways', () => {
  test('fixtures come into the register, and a bad row is told with its line', async () => {
    expect(await orewatch(['fixtures', 'county.yaml'])).toMatchObject({ code: 0, out: expect.stringMatching(/county\.yaml:2: .*\n.*\n?1 divisions, 1 mines|1 divisions, 1 mines/s) })
  })
  test('an account is made with a password from a file, and listed', async () => {
    expect(await orewatch(['user', 'add', 'li', '--role', 'duty-officer', '--scope', '990121', '--password-file', 'password'])).toMatchObject({ code: 0, out: 'li: duty-officer in 990121\n' })
    expect((await orewatch(['user', 'list'])).out).toContain('li\tduty-officer\t990121')
  })
  test('an account is made with a password from standard input', async () => {
    expect(await orewatch(['user', 'add', 'wang', '--role', 'read-only-leader'], 'Kuang-shan-2026!y\n')).toMatchObject({ code: 0 })
  })
  test('a password file that everybody may read is refused', async () => {
    write('open', 'Kuang-shan-2026!x', 0o644)
    expect(await orewatch(['user', 'add', 'zhao', '--role', 'duty-officer', '--password-file', 'open'])).toMatchObject({ code: 2, err: expect.stringContaining('chmod 600') })
  })
  test('a weak password and no password are refused', async () => {
    expect(await orewatch(['user', 'add', 'zhao', '--role', 'duty-officer'], '12345678\n')).toMatchObject({ code: 1, err: expect.stringContaining('ACCESS_WEAK_PASSWORD') })
    expect(await orewatch(['user', 'add', 'zhao', '--role', 'duty-officer'])).toMatchObject({ code: 1, err: expect.stringContaining('SERVER_NO_PASSWORD') })
  })
  test('a gateway gets a credential in a file that only its owner reads', async () => {
    expect(await orewatch(['gateway', 'add', '990121', 'gw-u1', '--subject', '990121100001', '--out', 'gw'])).toMatchObject({ code: 0 })
    expect([statSync(join(directory, 'gw')).mode & 0o777, readFileSync(join(directory, 'gw'), 'utf8').trim().length]).toEqual([0o600, 32])
  })
  test('a second credential is refused unless it shall replace the first', async () => {
    expect(await orewatch(['gateway', 'add', '990121', 'gw-u1', '--subject', '990121100001'])).toMatchObject({ code: 1, err: expect.stringContaining('SERVER_CREDENTIAL_EXISTS') })
    expect(await orewatch(['gateway', 'add', '990121', 'gw-u1', '--subject', '990121100001', '--replace'])).toMatchObject({ code: 0, out: expect.stringContaining('stored nowhere') })
  })
  test('a gateway of a mine that nobody registered is refused', async () => {
    expect(await orewatch(['gateway', 'add', '990121', 'gw-x', '--subject', '990129100001'])).toMatchObject({ code: 1, err: expect.stringContaining('REGISTRY_UNKNOWN_MINE') })
  })
})

describe('export', () => {
  const span = ['--from', '2026-11-05', '--to', '2026-11-06T00:00Z']
  test('writes the samples of a mine, prints their hash and leaves a line in the audit log', async () => {
    const settings = loadCentralSettings(join(directory, 'central.yaml'))
    const relational = await openBeside(settings)
    const point = await openRegistry(relational).adopt({ gateway: 1, device: 'gas-1', metric: 'temperature', pointCode: '9901211000010101110001', title: '采场温度' })
    const store = await openTelemetryStore(settings.store, silentLogger())
    await store.write(columnsOf([{ key: point.id, timeMs: Date.UTC(2026, 10, 4, 16), value: 21.5, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 }]), [])
    await store.close()
    await relational.close()
    const { code, out } = await orewatch(['export', '--mine', '990121100001', ...span, '--out', 'mine.csv'])
    const bytes = readFileSync(join(directory, 'mine.csv'))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect([code, out]).toEqual([0, expect.stringContaining(`sha256 ${sha256}`)])
    // Midnight of the fifth in Beijing is the first moment asked for.
    expect(bytes.toString()).toContain('9901211000010101110001,采场温度,℃,2026-11-05T00:00:00.000+08:00,1793808000000,21.5,0,好,')
    const again = await openBeside(settings)
    const { rows } = await openAudit(again).list({ limit: 10 })
    await again.close()
    expect(rows[0]).toMatchObject({ actor: '-', address: 'command line', action: 'point.export', object: '990121100001', result: 'ok', detail: { rows: 1, sha256 } })
  })
  test('a point that nobody registered, a day that does not exist and a format that nobody knows are refused', async () => {
    expect(await orewatch(['export', '--point', '9901211000010101119999', ...span, '--out', 'x.csv'])).toMatchObject({ code: 1, err: expect.stringContaining('9901211000010101119999') })
    expect(await orewatch(['export', '--mine', '990121100001', '--from', '2026-02-30', '--to', '2026-03-01', '--out', 'x.csv'])).toMatchObject({ code: 1, err: expect.stringContaining('--from') })
    expect(await orewatch(['export', '--mine', '990121100001', ...span, '--format', 'xls', '--out', 'x.xls'])).toMatchObject({ code: 1, err: expect.stringContaining('csv or parquet') })
    expect(existsSync(join(directory, 'x.csv'))).toBe(false)
  })
})

describe('retention', () => {
  test('a dry run tells what would go and removes nothing; without it the samples go, and the audit log says so', async () => {
    const settings = loadCentralSettings(join(directory, 'central.yaml'))
    const nowMs = Date.now()
    const relational = await openBeside(settings)
    const point = await openRegistry(relational).pointByCode('9901211000010101110001')
    const at = (timeMs: number) => ({ key: point?.id ?? 0, timeMs, value: 1, quality: 0, reason: 0, flags: 0, gatewayDeltaMs: 0 })
    const store = await openTelemetryStore(settings.store, silentLogger())
    await store.write(columnsOf([at(nowMs - 9 * 365 * 86_400_000), at(nowMs)]), [])
    const before = await store.count()
    await store.close()
    await relational.close()
    const count = async (): Promise<number> => {
      const again = await openTelemetryStore(settings.store, silentLogger())
      const samples = await again.count()
      await again.close()
      return samples
    }
    expect(await orewatch(['retention', '--dry-run'])).toMatchObject({ code: 0, out: expect.stringMatching(/month \d{4}-\d{2}: 1 samples.*dry run/s) })
    expect(await count()).toBe(before)
    expect(await orewatch(['retention'])).toMatchObject({ code: 0, out: expect.stringContaining('removed') })
    expect(await count()).toBe(before - 1)
    const later = await openBeside(settings)
    const { rows } = await openAudit(later).list({ limit: 1 })
    await later.close()
    expect(rows[0]).toMatchObject({ action: 'retention.apply', object: 'duckdb', result: 'ok', detail: { days: 2_557, samples: 1 } })
  })
})

describe('run', () => {
  test('starts, tells its addresses as JSON, and stops cleanly on a signal', async () => {
    const child = spawn(process.execPath, [MAIN, 'run', '--json'], { cwd: directory })
    onTestFinished(() => void child.kill('SIGKILL'))
    let err = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
    const line = await Promise.race([new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve)), closed.then(() => err)])
    const { url } = JSON.parse(line) as { url: string }
    // Alarms catch up with the store while the program already serves.
    const ready = await vi.waitUntil(async () => {
      const response = await fetch(`${url}/readyz`)
      return response.ok ? response : undefined
    }, 30_000)
    const beside = await orewatch(['retention', '--dry-run'])
    expect(beside).toMatchObject({ code: 1, err: expect.stringContaining('SERVER_STORE_IN_USE') })
    child.kill('SIGTERM')
    expect([ready.status, await closed]).toEqual([200, 0])
  }, 60_000)
})
