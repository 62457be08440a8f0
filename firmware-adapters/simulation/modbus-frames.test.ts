import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc16, type ModbusFraming, scanRequest } from './modbus-frames.ts'

const framing = fc.constantFrom<ModbusFraming>('tcp', 'rtu-over-tcp')

test('whatever arrives, a scan takes bytes that are there or waits for more', () => {
  fc.assert(
    fc.property(framing, fc.uint8Array({ maxLength: 600 }), (kind, bytes) => {
      const scan = scanRequest(kind, Buffer.from(bytes))
      const taken = scan.kind === 'incomplete' ? 0 : scan.bytes
      expect(taken).toBeLessThanOrEqual(bytes.length)
      expect(scan.kind === 'incomplete' || taken > 0).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('a request is found whole wherever the stream was cut', () => {
  const request = Buffer.from('010300000002c40b', 'hex')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 }), (cut) => {
      expect(scanRequest('rtu-over-tcp', request.subarray(0, cut)).kind).toBe('incomplete')
    }),
  )
  expect(scanRequest('rtu-over-tcp', Buffer.concat([request, request]))).toMatchObject({ kind: 'request', bytes: 8, request: { unit: 1 } })
})

test('one wrong bit anywhere makes an RTU request garbage or incomplete', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 63 }), (bit) => {
      const spoilt = Buffer.from('010300000002c40b', 'hex')
      spoilt[bit >> 3] = (spoilt[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(scanRequest('rtu-over-tcp', spoilt).kind).not.toBe('request')
    }),
  )
})

test('a frame with its own CRC has the CRC zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 250 }), (bytes) => {
      const crc = crc16(bytes)
      expect(crc16(Uint8Array.of(...bytes, crc & 0xff, crc >> 8))).toBe(0)
    }),
  )
})
