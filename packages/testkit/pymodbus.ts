/*
 * Debian's python3-pymodbus as a Modbus device on loopback: a peer that shares no line of code with ours.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { defineErrors } from '@orewatch/core'

/** Debian's own Python; one from elsewhere would not see the package. */
const PYTHON = '/usr/bin/python3'
/** What to say where pymodbus is absent. */
export const PYMODBUS_HINT = 'python3-pymodbus is not installed; npm run services installs it'
const START_TIMEOUT_MS = 30_000

const pymodbusErrors = defineErrors('TESTKIT_PYMODBUS', {
  NOT_STARTED: { retry: 'later', message: 'The pymodbus server did not start.' },
})

/** Contents of the device; the unit is 1. Registers count from 0 as on the wire. */
export interface PymodbusContents {
  readonly framing?: 'tcp' | 'rtu-over-tcp'
  readonly holding?: readonly number[]
  readonly input?: readonly number[]
  readonly coils?: readonly boolean[]
  readonly discrete?: readonly boolean[]
}

/** A running pymodbus device. */
export interface PymodbusDevice {
  readonly port: number
  stop(): Promise<void>
}

// Debian only recommends the serial packages and pymodbus 3.0 imports them even for TCP, so empty ones stand in.
const PROGRAM = `
import asyncio, json, sys, types
for name in ('serial', 'serial_asyncio'):
    try:
        __import__(name)
    except ImportError:
        stand_in = types.ModuleType(name)
        stand_in.create_serial_connection = None
        sys.modules[name] = stand_in
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server.async_io import ModbusTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

async def main():
    contents = json.loads(sys.argv[1])
    block = lambda key: ModbusSequentialDataBlock(0, contents.get(key) or [0])
    unit = ModbusSlaveContext(hr=block('holding'), ir=block('input'), co=block('coils'), di=block('discrete'), zero_mode=True)
    framer = ModbusRtuFramer if contents.get('framing') == 'rtu-over-tcp' else ModbusSocketFramer
    identity = ModbusDeviceIdentification(info_name={'VendorName': 'pymodbus', 'ProductCode': 'PM', 'MajorMinorRevision': '3.0'})
    server = ModbusTcpServer(ModbusServerContext(slaves={1: unit}, single=False), framer=framer, identity=identity, address=('127.0.0.1', 0))
    serving = asyncio.ensure_future(server.serve_forever())
    await server.serving
    print(server.server.sockets[0].getsockname()[1], flush=True)
    await serving

asyncio.run(main())
`

/** Whether pymodbus can be started on this machine. */
export function isPymodbusAvailable(): boolean {
  return spawnSync(PYTHON, ['-c', 'import pymodbus'], { timeout: START_TIMEOUT_MS }).status === 0
}

/** Starts a device on a free port of 127.0.0.1; rejects with TESTKIT_PYMODBUS_NOT_STARTED. */
export async function startPymodbus(contents: PymodbusContents): Promise<PymodbusDevice> {
  const child = spawn(PYTHON, ['-c', PROGRAM, JSON.stringify(contents)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-2_000)
  })
  const isOver = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (cause: string): void => reject(pymodbusErrors.NOT_STARTED({ cause, complaint }))
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail('no port in time')
    }, START_TIMEOUT_MS)
    createInterface({ input: child.stdout }).once('line', (line) => {
      clearTimeout(timer)
      resolve(Number(line))
    })
    child.once('error', (err) => {
      clearTimeout(timer)
      fail(err.message)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`exit ${code}`)
    })
  })
  return {
    port,
    stop: async () => {
      child.kill('SIGKILL')
      await isOver
    },
  }
}
