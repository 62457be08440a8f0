/* `orewatch-edge read` as a user starts it, against simulated instruments: computed points and gates stand beside the registers. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTailingsInstruments, type TailingsInstruments } from '@orewatch/firmware-adapters/simulation'
import { afterEach, beforeEach, expect, test } from 'vitest'

const MAIN = join(import.meta.dirname, 'main.ts')
let directory: string
let simulator: TailingsInstruments

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-read-'))
  simulator = await startTailingsInstruments()
})
afterEach(async () => {
  await simulator.close()
  rmSync(directory, { recursive: true, force: true })
})

async function run(command: 'read' | 'check', constants = '{ f0: 2850, G: 0.085, K: -0.018, T0: 20 }'): Promise<{ code: number; rows: string[]; err: string }> {
  const file = join(directory, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: { group: "990121", node: gw-t1, subject: "990121300001" }
dataDirectory: data
uplink: { url: "mqtt://127.0.0.1:9", passwordFile: password }
probes: { port: 0 }
lines:
  - { id: dam, modbus: { host: 127.0.0.1, port: ${simulator.port} } }
devices:
  - id: logger
    line: dam
    unit: 1
    profile: tailings-instruments
    points:
      - { template: head, slot: 1 }
      - { template: pressure, slot: 1, constants: ${constants} }
      - { template: frequency, slot: 1, name: pz-hz }
      - { template: wire-temperature, slot: 1 }
      - { template: loop, slot: 1, sensorType: "0802", loop: { lo: 340, hi: 360 }, pointCode: "9901213000011008020001" }
`,
  )
  writeFileSync(join(directory, 'password'), 'secret', { mode: 0o600 })
  const args = command === 'read' ? [MAIN, 'read', 'logger', '--config', file] : [MAIN, 'check', '--config', file]
  return await new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, rows: stdout.trim().split('\n'), err: stderr }))
  })
}

test('shows what is computed behind what is read, each with its quality', async () => {
  const { code, rows } = await run('read')
  expect(rows.map((row) => row.split(/ +/)[0])).toEqual(['pz-hz', 'wire-temperature-1', 'pond-level-1', 'piezometer-1', 'head-1'])
  expect(rows[3]).toMatch(/computed +\d+\.\d+ kPa +Q 0 /)
  expect(rows[4]).toMatch(/computed +\d+\.\d+ m +Q 0 /)
  expect(code).toBe(0)
})

test('a broken wire shows its 0 Hz, and no pressure', async () => {
  simulator.instrumentFaults.begin('broken-wire', 1)
  const { code, rows } = await run('read')
  expect(rows[0]).toMatch(/0 Hz +Q 4 .*\(gate\)/)
  expect(rows[3]).toMatch(/— +Q 4 .*\(gate\)/)
  expect(code).toBe(3)
})

test('a sheet without its zero reading is refused with file and line before anything is asked', async () => {
  const { code, err } = await run('check', '{ G: 0.085, K: 0, T0: 20 }')
  expect(err).toContain('gateway.yaml:14: constant f0 of piezometer-1 is missing')
  expect(code).not.toBe(0)
})
