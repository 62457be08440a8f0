#!/usr/bin/env node
/* Feeds mutants to every decoder and demands: no crash, no hang, no flood of memory, no wrong value. Last line: one JSON object. */
import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fuzzErrors } from './errors.ts'
import { isPymodbusInstalled } from './pymodbus-peer.ts'
import { watchFuzz } from './watchdog.ts'

const KINDS = ['sparkplug', 'modbus', 'outbox', 'documents']

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    case: { type: 'string' },
    kinds: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed)
const firstCase = Number(values.case ?? 0)
const cases = values.case === undefined ? Number(values.cases) : 1
const asked = values.kinds === '' ? [] : values.kinds.split(',')
if (![seed, firstCase, cases].every((number) => Number.isSafeInteger(number) && number >= 0) || cases === 0 || !asked.every((name) => KINDS.includes(name))) {
  process.stderr.write(`${fuzzErrors.USAGE().message}\n`)
  process.exit(2)
}
const report = (line: string): void => void writeSync(2, `${line}\n`)

let kinds = asked
if ((asked.length === 0 || asked.includes('modbus')) && !isPymodbusInstalled()) {
  report(fuzzErrors.NO_PYMODBUS().message)
  if (process.env['CI'] === 'true' || asked.length > 0) finish({ seed, cases: 0, ok: false, error: fuzzErrors.NO_PYMODBUS().code }, false)
  // The number of a case means another input without this kind; the last line says which were there.
  kinds = KINDS.filter((name) => name !== 'modbus')
}
const startedMs = performance.now()
report(`seed ${seed}, ${cases} cases`)
const result = await watchFuzz({ seed, firstCase, cases, kinds, report })
finish({ ...result, seconds: Math.round((performance.now() - startedMs) / 1000) }, result.ok)

function finish(outcome: object, isOk: boolean): never {
  writeSync(1, `${values.json ? JSON.stringify(outcome) : JSON.stringify(outcome, undefined, 2)}\n`)
  process.exit(isOk ? 0 : 1)
}
