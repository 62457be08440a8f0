import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseProfile } from '@orewatch/firmware-adapters'
import { decodeData, decodePayload } from '@orewatch/protocol'
import { readBit, readRegisters } from '../../edge/drivers/modbus/codec.ts'
import { decodeSampleBlock } from '../../edge/outbox/block-codec.ts'
import { documentsKind } from './documents.ts'
import { type FuzzResult, makeCase, runFuzz } from './fuzz.ts'
import type { FuzzKind, Peer } from './kind.ts'
import { modbusKind } from './modbus.ts'
import { outboxKind } from './outbox.ts'
import { isPymodbusInstalled, startPymodbusPeer } from './pymodbus-peer.ts'
import { sparkplugKind } from './sparkplug.ts'
import { watchFuzz } from './watchdog.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function run(kind: FuzzKind, cases: number, peer?: Peer): Promise<FuzzResult & { readonly lines: readonly string[] }> {
  const lines: string[] = []
  const result = await runFuzz({ seed: 7, firstCase: 0, cases, kinds: [kind], ...(peer !== undefined && { peer }), report: (line) => lines.push(line) })
  return { ...result, lines }
}

function documents(...readers: Parameters<typeof documentsKind>): FuzzKind {
  const { kind, close } = documentsKind(...readers)
  closers.push(close)
  return kind
}

function peer(): Peer {
  const started = startPymodbusPeer()
  closers.push(() => started.close())
  return started
}

describe('our decoders', () => {
  test('agree with sparkplug-payload', async () => expect(await run(sparkplugKind(), 3_000)).toMatchObject({ crashes: 0, wrong: 0, lines: [], ok: true }))
  test('agree with the book of outbox segments', async () => expect(await run(outboxKind(), 3_000)).toMatchObject({ crashes: 0, wrong: 0, lines: [], ok: true }))
  test('take documents that keep their promises', async () => expect(await run(documents(), 400)).toMatchObject({ crashes: 0, wrong: 0, lines: [], ok: true }))
  test.skipIf(!isPymodbusInstalled())('agree with pymodbus (needs python3-pymodbus: npm run services)', async () => {
    expect(await run(modbusKind(), 3_000, peer())).toMatchObject({ crashes: 0, wrong: 0, lines: [], ok: true })
  })
})

describe('a decoder that is wrong is found out', () => {
  test('Sparkplug: one value in the columns is a little off', async () => {
    const wrong = sparkplugKind({
      decodePayload,
      decodeData: (...args) => {
        const message = decodeData(...args)
        if (message.samples.count > 3) message.samples.value[3] = (message.samples.value[3] as number) + 0.001
        return message
      },
    })
    const result = await run(wrong, 1_000)
    expect(result.wrong).toBeGreaterThan(0)
    expect(result.ok).toBe(false)
  })
  test('Sparkplug: damaged bytes are taken for an empty payload', async () => {
    const wrong = sparkplugKind({
      decodeData,
      decodePayload: (...args) => {
        try {
          return decodePayload(...args)
        } catch {
          return { metrics: [] }
        }
      },
    })
    expect((await run(wrong, 500)).wrong).toBeGreaterThan(0)
  })
  test('a crash is counted as one, with the line that repeats it', async () => {
    const wrong = sparkplugKind({
      decodeData,
      decodePayload: () => {
        throw new RangeError('planted')
      },
    })
    const result = await run(wrong, 10)
    expect(result).toMatchObject({ crashes: 10, wrong: 0, accepted: 0, ok: false })
    expect(result.lines[0]).toMatch(/^--seed 7 --case 0 sparkplug [0-9a-f]+\n {2}crash: RangeError: planted/)
  })
  test('outbox: two columns in the wrong order', async () => {
    const wrong = outboxKind({
      decodeSampleBlock: (...args) => {
        const { quality, reason, ...rest } = decodeSampleBlock(...args)
        return { ...rest, quality: reason, reason: quality }
      },
    })
    expect((await run(wrong, 1_000)).wrong).toBeGreaterThan(0)
  })
  test('profiles: a scale that is lost', async () => {
    const wrong = documents({
      parseProfile: (text, file) => {
        const profile = parseProfile(text, file)
        return profile.protocol === 'modbus' ? { ...profile, points: profile.points.map((point) => ({ ...point, scale: 1 })) } : profile
      },
    })
    expect((await run(wrong, 200)).wrong).toBeGreaterThan(0)
  })
  test.skipIf(!isPymodbusInstalled())('Modbus: two word orders mixed up (needs python3-pymodbus: npm run services)', async () => {
    const wrong = modbusKind({ readBit, readRegisters: (bytes, at, type, order, bit) => readRegisters(bytes, at, type, order === 'CDAB' ? 'BADC' : order, bit) })
    expect((await run(wrong, 1_000, peer())).wrong).toBeGreaterThan(0)
  })
})

describe('the watchdog', () => {
  const watch = async (mode: string, hangMs: number): Promise<{ readonly outcome: object; readonly lines: readonly string[] }> => {
    const lines: string[] = []
    const workerFile = join(import.meta.dirname, `test/${mode}-worker.ts`)
    const outcome = await watchFuzz({ seed: 7, firstCase: 3, cases: 10, kinds: ['sparkplug'], report: (line) => lines.push(line), workerFile, hangMs, maxHeapMb: 64 })
    return { outcome, lines }
  }
  test('ends a run whose case never ends, and names the case', async () => {
    const { outcome, lines } = await watch('hanging', 1_000)
    expect(outcome).toMatchObject({ crashes: 1, ok: false, error: expect.stringMatching(/^hang/) })
    expect(lines[0]).toMatch(/^--seed 7 --case 5 sparkplug [0-9a-f]/)
  })
  test('ends a run whose case eats memory', async () => {
    expect((await watch('greedy', 60_000)).outcome).toMatchObject({ crashes: 1, ok: false, error: expect.stringMatching(/memory/) })
  })
})

test('a seed and a number make the same case again, and another number another one', () => {
  const kinds = [sparkplugKind(), modbusKind(), outboxKind()]
  const bytesOf = (number: number): string => Buffer.from(makeCase({ seed: 3, kinds }, number).fuzzed.bytes).toString('hex')
  const first = Array.from({ length: 50 }, (_, number) => bytesOf(number))
  expect(Array.from({ length: 50 }, (_, number) => bytesOf(number))).toEqual(first)
  expect(new Set(first).size).toBeGreaterThan(45)
})
