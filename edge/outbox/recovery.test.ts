/* What the outbox makes of files that are not as it left them. */
import { cp, copyFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { healthySamples, OutboxSite, span } from './test/outbox-site.ts'

const BLOCK_BYTES = 48 + 10 * 16

async function siteWithBlocks(blocks: number): Promise<OutboxSite> {
  const site = await OutboxSite.make()
  for (let i = 0; i < blocks; i++) await site.append('vital', healthySamples(10, i * 10))
  return site
}

test('a last block cut at any byte costs this block only, and no position is used twice', async () => {
  await using site = await siteWithBlocks(3)
  await site.outbox.close()
  const copy = `${site.directory}-copy`
  for (let cut = 1; cut < BLOCK_BYTES; cut += 1) {
    await cp(site.directory, copy, { recursive: true })
    await using damaged = await OutboxSite.make({ directory: copy }).then(async (opened) => {
      await opened.reopen({}, () => opened.damage(/^vital/, (bytes) => bytes.subarray(0, bytes.length - cut)))
      return opened
    })
    const { first } = await damaged.append('vital', healthySamples(1, 99))
    expect(first).toBe(20 + BLOCK_BYTES - cut)
    expect((await damaged.readAll('vital')).samples).toEqual([...healthySamples(20), ...healthySamples(1, 99)])
    expect(await damaged.gaps()).toEqual([])
  }
})

test('a tail of zeros, as a power cut leaves it, is cut off', async () => {
  await using site = await siteWithBlocks(2)
  await site.reopen({}, () => site.damage(/^vital/, (bytes) => Buffer.concat([bytes, Buffer.alloc(4096)])))
  expect((await site.append('vital', healthySamples(5, 20))).first).toBe(20 + 4096)
  await site.reopen()
  const { samples, positions } = await site.readAll('vital')
  expect(samples).toEqual(healthySamples(25))
  expect(positions).toEqual([...span(0, 20), ...span(4116, 4121)])
  expect(await site.gaps()).toEqual([])
})

test('a damaged block in the middle is skipped, and the ledger names what is missing', async () => {
  await using site = await siteWithBlocks(5)
  await site.reopen({}, () =>
    site.damage(/^vital/, (bytes) => {
      bytes[64 + 2 * BLOCK_BYTES + 100] = 0xaa
      return undefined
    }),
  )
  const { samples, positions } = await site.readAll('vital')
  expect(positions).toEqual([...span(0, 20), ...span(30, 50)])
  expect(samples).toEqual([...healthySamples(20), ...healthySamples(20, 30)])
  expect(await site.gaps()).toEqual([{ incarnation: site.outbox.incarnation, stream: 'vital', first: 20, count: 10, reason: 'corrupt' }])
})

test('damage is told once, not at every start', async () => {
  await using site = await siteWithBlocks(5)
  await site.reopen({}, () =>
    site.damage(/^vital/, (bytes) => {
      bytes.fill(0, 64, 64 + BLOCK_BYTES)
      return undefined
    }),
  )
  await site.reopen()
  await site.reopen()
  expect(await site.gaps()).toHaveLength(1)
})

test('damage that happens while the outbox is open is found when the rows are read', async () => {
  await using site = await siteWithBlocks(5)
  await site.reopen()
  await site.damage(/^vital/, (bytes) => {
    bytes.fill(0xff, 64 + BLOCK_BYTES, 64 + 3 * BLOCK_BYTES)
    return undefined
  })
  expect((await site.readAll('vital')).positions).toEqual([...span(0, 10), ...span(30, 50)])
  expect(await site.gaps()).toMatchObject([{ first: 10, count: 20, reason: 'corrupt' }])
})

test('a damaged end of a segment that is not the last one is a gap too', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 100 })
  for (let i = 0; i < 3; i++) await site.append('vital', healthySamples(10, i * 10))
  await site.reopen({}, () => site.damage(/^vital-0{16}/, (bytes) => bytes.subarray(0, 200)))
  expect((await site.readAll('vital')).positions).toEqual(span(10, 30))
  expect(await site.gaps()).toMatchObject([{ stream: 'vital', first: 0, count: 10, reason: 'corrupt' }])
})

test('a segment that is missing is a gap', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 100 })
  for (let i = 0; i < 3; i++) await site.append('vital', healthySamples(10, i * 10))
  await site.reopen({}, async () => rm(join(site.directory, (await site.names(/^vital/))[1] as string)))
  expect((await site.readAll('vital')).positions).toEqual([...span(0, 10), ...span(20, 30)])
  expect(await site.gaps()).toMatchObject([{ first: 10, count: 10, reason: 'corrupt' }])
})

test('junk is put aside and nothing of it deleted', async () => {
  await using site = await siteWithBlocks(1)
  await site.reopen({}, async () => {
    await writeFile(join(site.directory, 'notes.txt'), 'hello')
    await writeFile(join(site.directory, 'vital-12.seg'), 'hello')
    await writeFile(join(site.directory, 'notes.txt.bad'), 'an older one')
  })
  expect(await site.names(/bad$/)).toEqual(['notes.txt.2.bad', 'notes.txt.bad', 'vital-12.seg.bad'])
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(10))
})

test('a segment with a bad header is put aside and its positions are told', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 100 })
  for (let i = 0; i < 3; i++) await site.append('vital', healthySamples(10, i * 10))
  const { incarnation } = site.outbox
  await site.reopen({}, () =>
    site.damage(/^vital-0{16}/, (bytes) => {
      bytes[20] = 0
      bytes[21] = 0
      return undefined
    }),
  )
  expect(await site.names(/bad$/)).toEqual([`vital-0000000000000000-${incarnation}.seg.bad`])
  expect((await site.readAll('vital')).positions).toEqual(span(10, 30))
  expect(await site.gaps()).toMatchObject([{ first: 0, count: 10, reason: 'corrupt' }])
  expect(site.outbox.incarnation).toBe(incarnation)
})

test('when the last segment has a bad header, positions go on beyond it in a new incarnation', async () => {
  await using site = await siteWithBlocks(3)
  const { incarnation } = site.outbox
  await site.reopen({}, () =>
    site.damage(/^vital/, (bytes) => {
      bytes[0] = 0
      return undefined
    }),
  )
  expect(site.outbox.incarnation).not.toBe(incarnation)
  expect((await site.append('vital', healthySamples(1))).first).toBeGreaterThanOrEqual(30)
  expect(await site.gaps()).toMatchObject([{ stream: 'vital', first: 0, reason: 'corrupt' }])
})

test('a segment of another outbox is put aside', async () => {
  await using site = await siteWithBlocks(2)
  await using other = await siteWithBlocks(4)
  const name = (await other.names(/^vital/))[0] as string
  await site.reopen({}, () => copyFile(join(other.directory, name), join(site.directory, name)))
  expect(await site.names(/bad$/)).toEqual([`${name}.bad`])
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(20))
})

test('without its state file the outbox keeps its rows and begins a new incarnation', async () => {
  await using site = await siteWithBlocks(3)
  const { incarnation } = site.outbox
  await site.reopen({}, () => rm(join(site.directory, 'state')))
  expect(site.outbox.incarnation).not.toBe(incarnation)
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(30))
  expect((await site.append('vital', healthySamples(1))).first).toBe(30)
})

test('a state file cut in the middle is as good as none', async () => {
  await using site = await siteWithBlocks(3)
  await site.reopen({}, () => site.damage(/^state$/, (bytes) => bytes.subarray(0, 40)))
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(30))
})

test('without the file of what is done everything is delivered again and nothing is called lost', async () => {
  await using site = await siteWithBlocks(3)
  await site.readAll('vital')
  site.confirm('vital', [5, 20])
  await site.reopen({}, async () => rm(join(site.directory, 'done')))
  expect((await site.readAll('vital')).samples).toEqual(healthySamples(30))
  expect(await site.gaps()).toEqual([])
})

test('samples whose catalog entry is lost go out under a made-up name', async () => {
  await using site = await OutboxSite.make()
  const alias = site.outbox.alias({ device: 'gas-1', name: 'ch4', isBoolean: false, properties: {} })
  await site.append(
    'vital',
    healthySamples(1).map((row) => ({ ...row, key: alias })),
  )
  await site.reopen({}, () =>
    site.damage(/^catalog$/, (bytes) => {
      bytes[70] = 0
      return undefined
    }),
  )
  expect(site.outbox.catalog()).toEqual([{ alias, device: 'unknown', name: `alias-${alias}`, isBoolean: false, properties: {} }])
  expect(site.outbox.alias({ device: 'gas-1', name: 'ch4', isBoolean: false, properties: {} })).toBe(alias + 1)
})

test('a retired device is announced as long as samples of it wait', async () => {
  await using site = await OutboxSite.make({ segmentBytes: 100 })
  const alias = site.outbox.alias({ device: 'old', name: 'ch4', isBoolean: false, properties: {} })
  await site.append(
    'vital',
    healthySamples(10).map((row) => ({ ...row, key: alias })),
  )
  await site.reopen({ segmentBytes: 100 })
  expect(site.outbox.catalog().map(({ device }) => device)).toEqual(['old'])
  await site.append(
    'vital',
    healthySamples(10).map((row) => ({ ...row, key: 99 })),
  )
  await site.readAll('vital')
  site.confirm('vital', [0, 10])
  await expect.poll(() => site.outbox.catalog().map(({ device }) => device)).toEqual([])
})

test('an image that was put back is noticed, and a new incarnation delivers what waits', async () => {
  await using site = await siteWithBlocks(2)
  const image = `${site.directory}-image`
  const { incarnation } = site.outbox
  await site.reopen({}, () => cp(site.directory, image, { recursive: true }))
  await site.append('vital', healthySamples(30, 20))
  await site.readAll('vital')
  const stored = { incarnation, isComplete: true, streams: new Map([['vital' as const, [{ first: 0, count: 50 }]]]) }
  expect(site.outbox.isOlderCopy?.(stored)).toBe(false)

  await site.reopen({}, async () => {
    for (const name of await readdir(site.directory)) await rm(join(site.directory, name))
    for (const name of await readdir(image)) await rename(join(image, name), join(site.directory, name))
    await rm(image, { recursive: true })
  })
  // The copy goes on before it reaches central, and past what central knows.
  await site.append('vital', healthySamples(40, 100))
  expect(site.outbox.isOlderCopy?.(stored)).toBe(true)
  site.outbox.confirm(stored)
  expect(site.outbox.status().streams.vital.pending).toBe(60)
  // A row that was sent all the same: central means that of the other life.
  await site.readAll('vital')
  site.confirm('vital', [20, 30])
  expect(site.outbox.status().streams.vital.pending).toBe(60)

  await site.outbox.restart('restored-image')
  expect(site.outbox.incarnation).not.toBe(incarnation)
  site.outbox.confirm(stored)
  expect((await site.readAll('vital')).samples).toEqual([...healthySamples(20), ...healthySamples(40, 100)])
  const gaps = await site.gaps()
  expect(gaps.map(({ stream, reason }) => [stream, reason])).toContainEqual(['vital', 'restored-image'])
  await site.reopen()
  expect((await site.readAll('vital')).samples).toEqual([...healthySamples(20), ...healthySamples(40, 100)])
  expect(site.outbox.incarnation).not.toBe(incarnation)
})
