import { expect, test } from 'vitest'
import { parseCommand, parseModbusFault, parseOpcUaFault } from './arguments.ts'

test('nothing asks for help', () => expect(parseCommand([])).toEqual({ kind: 'help' }))
test('list', () => expect(parseCommand(['list'])).toEqual({ kind: 'list' }))
test('run has defaults: loopback, any port, model', () => {
  expect(parseCommand(['run', 'gas-substation'])).toMatchObject({ kind: 'run', family: 'gas-substation', options: { host: '127.0.0.1', port: 0, seed: 1, mode: 'model', framing: 'tcp' } })
})
test('another host needs --listen-anywhere', () => {
  expect(() => parseCommand(['run', 'gas-substation', '--host', '0.0.0.0'])).toThrow('--listen-anywhere')
  expect(parseCommand(['run', 'gas-substation', '--host', '0.0.0.0', '--listen-anywhere'])).toMatchObject({ options: { host: '0.0.0.0' } })
})

test.each([
  [['walk'], 'SIM_CLI_UNKNOWN_COMMAND'],
  [['run'], 'SIM_CLI_UNKNOWN_FAMILY'],
  [['run', 'a', 'b'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--bogus'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--port', '65536'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--seed', '-1'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--framing', 'ascii'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--mode', 'x'], 'SIM_CLI_BAD_OPTION'],
  [['run', 'a', '--event', 'x'], 'SIM_CLI_BAD_OPTION'],
])('%j is refused with %s', (argv, code) => {
  expect(() => parseCommand(argv)).toThrow(expect.objectContaining({ code }))
})

test.each([
  ['silence', { fault: { kind: 'silence' } }],
  ['late', { fault: { kind: 'late', delayMs: 3000 } }],
  ['drip:5@2', { fault: { kind: 'drip', byteEveryMs: 5 }, unit: 2 }],
  ['exception:11@1*10', { fault: { kind: 'exception', code: 11 }, unit: 1, requests: 10 }],
])('Modbus fault %s', (text, order) => expect(parseModbusFault(text)).toEqual(order))

test.each(['exception', 'exception:9', 'silent', 'late:x', ''])('Modbus fault "%s" is refused', (text) => {
  expect(() => parseModbusFault(text)).toThrow(expect.objectContaining({ code: 'SIM_CLI_BAD_FAULT' }))
})

test('OPC UA faults', () => {
  expect(parseOpcUaFault('restart/60')).toEqual({ kind: 'restart', everyMs: 60_000, node: undefined })
  expect(parseOpcUaFault('bad-status:s=Mine.Fan1.Run')).toEqual({ kind: 'bad-status', everyMs: 30_000, node: 's=Mine.Fan1.Run' })
})

test.each(['bad-status', 'explode', 'restart/x'])('OPC UA fault %s is refused', (text) => {
  expect(() => parseOpcUaFault(text)).toThrow(expect.objectContaining({ code: 'SIM_CLI_BAD_FAULT' }))
})
