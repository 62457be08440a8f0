/* Disks that are full, read-only or broken, and power that goes at any operation. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Sample } from '@orewatch/core'
import { FaultFiles } from './test/fault-files.ts'
import { healthySamples, OutboxSite } from './test/outbox-site.ts'
import { makeSmallDisk } from './test/small-disk.ts'

test('on a full disk appends wait, nothing accepted is lost, and it goes on by itself when there is room', async () => {
  await using disk = makeSmallDisk()
  await using site = await OutboxSite.make({ directory: disk.directory, files: disk.files })
  const appends = Array.from({ length: 60 }, (_, i) => site.append('routine', healthySamples(1000, i * 1000)))
  await expect.poll(() => site.outbox.status().failure).toMatch(/OUTBOX_DISK_FULL|full; free space/)
  const next = site.outbox.next('routine')
  expect(next).toBeLessThan(60_000)
  expect((await site.readAll('routine')).samples).toEqual(healthySamples(next))
  disk.enlarge()
  expect((await Promise.all(appends)).map(({ first }) => first)).toEqual(Array.from({ length: 60 }, (_, i) => i * 1000))
  expect((await site.readAll('routine')).samples).toEqual(healthySamples(60_000))
  await expect.poll(() => site.outbox.status().failure).toBeUndefined()
  await site.reopen({ files: disk.files })
  expect((await site.readAll('routine')).samples).toEqual(healthySamples(60_000))
  expect(await site.gaps()).toEqual([])
})

test('an outbox on a full disk opens, delivers, and takes rows when there is room', async () => {
  await using disk = makeSmallDisk()
  await using site = await OutboxSite.make({ directory: disk.directory, files: disk.files })
  const appends = Array.from({ length: 60 }, (_, i) => site.append('routine', healthySamples(1000, i * 1000)).catch(() => undefined))
  await expect.poll(() => site.outbox.status().failure).toBeDefined()
  await site.reopen({ files: disk.files })
  await Promise.all(appends)
  const next = site.outbox.next('routine')
  const { samples } = await site.readAll('routine')
  expect(samples.length).toBeGreaterThan(10_000)
  expect(samples).toEqual(healthySamples(samples.length))
  disk.enlarge()
  expect((await site.append('routine', healthySamples(10))).first).toBeGreaterThanOrEqual(next)
})

test('while the disk is full, memory is bounded: what does not fit is refused with a coded error', async () => {
  const files = new FaultFiles()
  await using site = await OutboxSite.make({ files, maxQueuedBytes: 100_000 })
  files.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  const first = site.append('routine', healthySamples(3000))
  await expect.poll(() => site.outbox.status().failure).toBeDefined()
  await expect(site.append('routine', healthySamples(3000))).rejects.toMatchObject({ code: 'OUTBOX_BUSY', retry: 'soon' })
  files.fault = () => undefined
  expect((await first).first).toBe(0)
  expect((await site.append('routine', healthySamples(1))).first).toBe(3000)
})

describe.each([
  ['EROFS', 'write', 'remount it'],
  ['EACCES', 'open', 'remount it'],
  ['EIO', 'write', 'kernel log'],
  ['EIO', 'sync', 'kernel log'],
  ['ENOSPC', 'sync', 'free space'],
] as const)('%s at %s', (code, failing, advice) => {
  test('is said with what to do, and heals by itself', async () => {
    const files = new FaultFiles()
    await using site = await OutboxSite.make({ files })
    await site.append('vital', healthySamples(10))
    await site.reopen({ files })
    files.fault = (operation) => (operation === failing ? code : undefined)
    const append = site.append('vital', healthySamples(10, 10))
    await expect.poll(() => site.outbox.status().failure).toContain(advice)
    expect(site.outbox.next('vital')).toBe(10)
    files.fault = () => undefined
    expect((await append).first).toBe(10)
    await site.reopen()
    expect((await site.readAll('vital')).samples).toEqual(healthySamples(20))
  })
})

test('a stream whose file fails does not hold up the alarms', async () => {
  const files = new FaultFiles()
  await using site = await OutboxSite.make({ files })
  files.fault = (operation, path) => (operation === 'write' && /routine|catalog/.test(path) ? 'EIO' : undefined)
  site.outbox.alias({ device: 'd', name: 'n', isBoolean: false, properties: {} })
  const routine = site.append('routine', healthySamples(1))
  const alarm = { schema: 'alarm.limit/1', timeMs: 1, body: {} }
  expect((await site.outbox.appendRecords('alarm', [alarm])).first).toBe(0)
  files.fault = () => undefined
  await routine
})

test('a page that the disk cannot read costs the blocks on it, and the ledger says so', async () => {
  const files = new FaultFiles()
  await using site = await OutboxSite.make({ files })
  for (let i = 0; i < 100; i++) await site.append('routine', healthySamples(100, i * 100))
  await site.reopen({ files })
  files.fault = (operation, path, at, bytes) => (operation === 'read' && path.includes('routine') && at <= 50_000 && at + bytes > 50_000 ? 'EIO' : undefined)
  const { positions } = await site.readAll('routine')
  const gaps = await site.gaps()
  expect(gaps).toMatchObject([{ stream: 'routine', reason: 'read-error' }])
  expect(positions.length + (gaps[0]?.count ?? 0)).toBe(10_000)
  expect(gaps[0]?.count).toBeLessThanOrEqual(500)
})

test('a directory that cannot be made is a coded error', async () => {
  await using site = await OutboxSite.make()
  await expect(OutboxSite.make({ directory: join(site.directory, 'owner', 'outbox') })).rejects.toMatchObject({ code: 'OUTBOX_DISK_FAILED', retry: 'soon' })
})

describe.each([
  ['all of the unsynced bytes', 1, 0],
  ['none of the unsynced bytes', 0, 0],
  ['half of the unsynced bytes', 0.5, 0],
  ['zeros instead of the unsynced bytes', 0, 512],
] as const)('power cut with %s left on the disk', (_what, keep, zeros) => {
  test('at whichever operation, every accepted row is there unchanged and no position is used again', async () => {
    let operation = 0
    for (let isOver = false; !isOver; operation++) isOver = await cutAt(operation, keep, zeros)
    expect(operation).toBeGreaterThan(60)
  })
})

/** Runs a little life of an outbox and cuts the power at one operation; true when the life was over before. */
async function cutAt(operation: number, keep: number, zeros: number): Promise<boolean> {
  const files = new FaultFiles()
  let isCut = false
  files.fault = () => {
    isCut ||= files.operations > operation
    return isCut ? 'EIO' : undefined
  }
  const accepted = new Map<number, Sample>()
  const options = { segmentBytes: 2000, retryIntervalMs: 1_000_000, files }
  const site = await OutboxSite.make(options).catch(() => undefined)
  if (site === undefined) return false
  await using survivor = site
  const live = liveALittle(survivor, accepted)
  await Promise.race([
    live,
    (async () => {
      // oxlint-disable-next-line no-unmodified-loop-condition -- the fault above sets it
      while (!isCut) await new Promise(setImmediate)
    })(),
    live,
  ])
  const isOver = !isCut
  await survivor.reopen({}, () => files.cutPower(keep, zeros))
  await live
  const { samples, positions } = await survivor.readAll('routine')
  const found = new Map(positions.map((position, i) => [position, samples[i] as Sample]))
  expect(found.size).toBe(positions.length)
  for (const [position, sample] of accepted) expect(found.get(position)).toEqual(sample)
  expect(new Set(samples.map(({ value }) => value)).size).toBe(samples.length)
  const { first } = await survivor.append('routine', healthySamples(1, 1_000_000))
  expect(first).toBeGreaterThan(Math.max(-1, ...positions))
  expect((await survivor.gaps()).filter(({ reason }) => reason !== 'restored-image')).toEqual([])
  return isOver
}

async function liveALittle(site: OutboxSite, accepted: Map<number, Sample>): Promise<void> {
  const { outbox } = site
  for (let i = 0; i < 12; i++) {
    const rows = healthySamples(30, i * 30)
    outbox.alias({ device: `gas-${i}`, name: 'ch4', isBoolean: false, properties: {} })
    const done = await site.append('routine', rows).catch(() => undefined)
    if (done === undefined) return
    for (const [j, row] of rows.entries()) accepted.set(done.first + j, row)
  }
  await outbox.restart('restored-image').catch(() => undefined)
}
