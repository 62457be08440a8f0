// An independent client, Debian's pymodbus, against our server: what we serve is Modbus, not only our idea of it.
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { type GasSubstation, startGasSubstation } from '../gas-substation/simulator.ts'
import { patternValue } from './pattern.ts'

// Debian's own interpreter: another python3 earlier on the PATH does not see Debian's packages.
const PYTHON = '/usr/bin/python3'
const isPymodbusAvailable = spawnSync(PYTHON, ['-c', 'import pymodbus']).status === 0
const TIME_MS = Date.UTC(2026, 2, 5, 14, 20)
const clock = { nowMs: () => TIME_MS, monotonicMs: () => 0 }
let simulator: GasSubstation | undefined

afterEach(async () => {
  await simulator?.close()
})

describe.skipIf(!isPymodbusAvailable)('pymodbus as a client (needs python3-pymodbus: npm run services)', () => {
  test.each([
    ['tcp', 'Orewatch simulator'],
    ['rtu-over-tcp', null],
  ] as const)('reads values, exceptions and identification over %s', async (framing, vendor) => {
    const units = [
      { unit: 1, sensors: [{ sensorType: '0101' }] },
      { unit: 2, sensors: [{ sensorType: '0101' }], wordOrder: 'CDAB' as const },
    ]
    simulator = await startGasSubstation({ framing, clock, mode: 'pattern', units })
    const script = join(import.meta.dirname, 'pymodbus-client.py')
    const { stdout } = await promisify(execFile)(PYTHON, [script, String(simulator.port), framing], { timeout: 25_000 })
    expect(JSON.parse(stdout)).toEqual({
      typeCode: 101,
      status: 1,
      value: patternValue(0, TIME_MS),
      swapped: patternValue(1, TIME_MS),
      beyond: 2,
      write: 1,
      vendor,
    })
    expect(simulator.stats.writes).toBe(1)
  })
})
