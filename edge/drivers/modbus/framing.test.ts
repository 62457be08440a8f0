import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc16, encodeMbap, encodeRtu, judgeAnswer, MbapReceiver, type ModbusRequest, type ReadRequest, RtuReceiver } from './framing.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const read = (more: Partial<ReadRequest> = {}): ReadRequest => ({ kind: 'read', unit: 1, area: 'holding', address: 0, count: 2, ...more })

describe('requests', () => {
  test('are the published ones of the Modbus specification', () => {
    expect(encodeRtu(read())).toEqual(hex('01 03 00 00 00 02 C4 0B'))
    expect(encodeMbap(read({ unit: 17, area: 'coil', address: 0x13, count: 0x25 }), 0x1234)).toEqual(hex('12 34 00 00 00 06 11 01 00 13 00 25'))
    expect(encodeMbap({ kind: 'identify', unit: 1, level: 1, objectId: 0 }, 7)).toEqual(hex('00 07 00 00 00 05 01 2B 0E 01 00'))
  })

  test('of any content whatever carry function code 1–4 or 43/14, or are not made at all', () => {
    const anything = fc.record({
      kind: fc.constantFrom('read', 'identify', 'write', '__proto__'),
      unit: fc.integer({ min: 0, max: 255 }),
      area: fc.oneof(fc.constantFrom('coil', 'discrete', 'holding', 'input'), fc.string(), fc.integer()),
      address: fc.integer({ min: 0, max: 65_535 }),
      count: fc.integer({ min: 0, max: 65_535 }),
      level: fc.integer({ min: 0, max: 255 }),
      objectId: fc.integer({ min: 0, max: 255 }),
    })
    fc.assert(
      fc.property(anything, (request) => {
        for (const [encode, at] of [
          [(r: ModbusRequest) => encodeMbap(r, 1), 7],
          [encodeRtu, 1],
        ] as const) {
          let frame: Buffer
          try {
            frame = encode(request as unknown as ModbusRequest)
          } catch {
            continue
          }
          const code = frame[at] as number
          expect([1, 2, 3, 4, 43]).toContain(code)
          expect(code !== 43 || frame[at + 1] === 14).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('do not let a function code in by another door', () => {
    expect(() => encodeRtu({ ...read(), area: 6 } as unknown as ModbusRequest)).toThrow(/BUG/)
    expect(() => encodeRtu({ ...read(), kind: 'write' } as unknown as ModbusRequest)).toThrow(/BUG/)
  })
})

describe('CRC', () => {
  test('is that of the published frames', () => {
    expect(crc16(hex('01 03 04 41 C4 00 00'), 0, 7)).toBe(0xf2af)
    expect(crc16(hex('01 83 02'), 0, 3)).toBe(0xf1c0)
  })
})

describe('judging an answer', () => {
  const judge = (pdu: string, request: ModbusRequest = read(), unit = 1): string => judgeAnswer(request, unit, hex(pdu)).kind
  test('takes the right one', () => expect(judge('03 04 41 C4 00 00')).toBe('answer'))
  test('knows an exception', () => expect(judgeAnswer(read(), 1, hex('83 02'))).toEqual({ kind: 'exception', code: 2 }))
  test('refuses another unit', () => expect(judge('03 04 41 C4 00 00', read(), 2)).toBe('foreign'))
  test('refuses another function', () => expect(judge('04 04 41 C4 00 00')).toBe('foreign'))
  test('refuses an exception to another function', () => expect(judge('84 02')).toBe('foreign'))
  test('refuses another length', () => expect(judge('03 02 41 C4')).toBe('foreign'))
  test('refuses a length that lies', () => expect(judge('03 04 41 C4')).toBe('foreign'))
  test('counts bits in bytes', () => expect(judge('01 05 CD 6B B2 0E 1B', read({ area: 'coil', count: 37 }))).toBe('answer'))
})

describe('a Modbus TCP stream', () => {
  const frames = (receiver: MbapReceiver, chunk: Buffer): { seen: [number, number, string][]; isSound: boolean } => {
    const seen: [number, number, string][] = []
    const isSound = receiver.push(chunk, (id, unit, pdu) => seen.push([id, unit, pdu.toString('hex')]))
    return { seen, isSound }
  }

  test('gives the same frames however it is cut', () => {
    const frameOf = fc.tuple(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 255 }), fc.uint8Array({ minLength: 2, maxLength: 253 }))
    fc.assert(
      fc.property(fc.array(frameOf, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (content, cuts) => {
        const stream = Buffer.concat(
          content.map(([id, unit, pdu]) => {
            const head = Buffer.alloc(7)
            head.writeUInt16BE(id, 0)
            head.writeUInt16BE(pdu.length + 1, 4)
            head[6] = unit
            return Buffer.concat([head, pdu])
          }),
        )
        const receiver = new MbapReceiver()
        const seen: unknown[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const end = at + (cuts[i % cuts.length] as number)
          receiver.push(stream.subarray(at, end), (id, unit, pdu) => seen.push([id, unit, pdu.toString('hex')]))
          at = end
        }
        expect(seen).toEqual(content.map(([id, unit, pdu]) => [id, unit, Buffer.from(pdu).toString('hex')]))
        expect(receiver.hasPartial).toBe(false)
      }),
    )
  })

  test('is given up when the header cannot be one', () => {
    expect(frames(new MbapReceiver(), hex('00 01 00 07 00 06 01 03 02 00 01')).isSound).toBe(false)
    expect(frames(new MbapReceiver(), hex('00 01 00 00 FF FF 01 03 02 00 01')).isSound).toBe(false)
    expect(frames(new MbapReceiver(), hex('00 01 00 00 00 01 01 03 02 00 01')).isSound).toBe(false)
  })

  test('never throws and never holds more than a frame, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 5 }), (chunks) => {
        const receiver = new MbapReceiver()
        for (const chunk of chunks) if (!receiver.push(Buffer.from(chunk), () => {})) break
      }),
    )
  })
})

describe('an RTU stream', () => {
  const answer = hex('01 03 04 41 C4 00 00 AF F2')

  test('gives the published answer', () => {
    expect(new RtuReceiver().push(answer, read())).toMatchObject({ kind: 'answer', unit: 1, pdu: hex('03 04 41 C4 00 00') })
  })

  test('gives the published exception', () => {
    expect(new RtuReceiver().push(hex('01 83 02 C0 F1'), read())).toMatchObject({ kind: 'answer', pdu: hex('83 02') })
  })

  test('refuses the published frame with a wrong CRC', () => {
    expect(new RtuReceiver().push(hex('01 03 04 41 C4 00 00 AF F3'), read())).toEqual({ kind: 'bad-crc' })
  })

  test("finds the answer after noise and after another unit's frame, byte by byte", () => {
    const foreign = Buffer.concat([hex('02 03 04 00 01 00 02'), Buffer.alloc(2)])
    foreign.writeUInt16LE(crc16(foreign, 0, 7), 7)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (noise) => {
        const receiver = new RtuReceiver()
        const stream = Buffer.concat([noise.filter((byte) => byte !== 1), foreign, answer])
        const outcomes = [...stream].map((byte) => receiver.push(Buffer.from([byte]), read()).kind)
        expect(outcomes.at(-1)).toBe('answer')
        expect(outcomes.filter((kind) => kind !== 'waiting')).toHaveLength(1)
        expect(receiver.foreignUnits).toEqual([2])
      }),
    )
  })

  test('is not misled by registers that hold a frame of another unit, however the answer is cut', () => {
    // Found by tests/fuzz: registers 2 to 4 are the exception frame 09 83 02 … with its right checksum.
    const inner = Buffer.concat([hex('09 83 02'), Buffer.alloc(2)])
    inner.writeUInt16LE(crc16(inner, 0, 3), 3)
    const whole = Buffer.concat([hex('01 03 0C 00 01'), inner, hex('00 00 00 00 07'), Buffer.alloc(2)])
    whole.writeUInt16LE(crc16(whole, 0, 15), 15)
    const receiver = new RtuReceiver()
    const outcomes = [...whole].map((byte) => receiver.push(Buffer.from([byte]), read({ count: 6 })).kind)
    expect(outcomes.at(-1)).toBe('answer')
    expect(receiver.foreignFrames).toBe(0)
  })

  test('takes nothing while nothing is expected, and counts the frame', () => {
    const receiver = new RtuReceiver()
    expect(receiver.push(answer, undefined)).toEqual({ kind: 'waiting' })
    expect(receiver.foreignFrames).toBe(1)
  })

  test('never throws and never grows, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }), (chunks) => {
        const receiver = new RtuReceiver()
        for (const chunk of chunks) receiver.push(Buffer.from(chunk), read())
      }),
    )
  })
})
