import { MODBUS_FAULT_KINDS } from '../simulation/modbus-faults.ts'
import type { ModbusServer } from '../simulation/modbus-server.ts'
import { parseModbusFault, type RunOptions } from './arguments.ts'
import { cliErrors } from './errors.ts'
import type { Running } from './running.ts'

/** A simulated device with instruments whose own faults can be ordered by kind and slot. */
export interface InstrumentSimulator<K extends string> extends ModbusServer {
  readonly instrumentFaults: { begin(kind: K, slot: number): void }
}

/** What differs between families of instruments for the command line. */
export interface InstrumentRun<K extends string> {
  readonly family: string
  readonly faultKinds: readonly K[]
  /** What a person should know of the device, one line each. */
  readonly about: readonly string[]
  start(): Promise<InstrumentSimulator<K>>
}

/** Runs a family for `orewatch-sim run`; `--fault kind:slot` orders a fault of an instrument, other faults are those of Modbus. */
export async function runInstruments<K extends string>(options: RunOptions, { family, faultKinds, about, start }: InstrumentRun<K>): Promise<Running> {
  if (options.events.length > 0) throw cliErrors.BAD_OPTION({ found: '--event', rightWouldBe: `${family} has no events; its weather begins when it starts` })
  // Before the socket is open, so that a wrong fault leaves nothing running.
  const orders = options.faults.map((text) => readFault(text, faultKinds))
  const simulator = await start()
  try {
    for (const order of orders) {
      if ('slot' in order) simulator.instrumentFaults.begin(order.kind, order.slot)
      else simulator.faults.inject(order.modbus)
    }
  } catch (err) {
    await simulator.close()
    throw err
  }
  return {
    address: `tcp://${options.host}:${simulator.port}`,
    lines: [`${family} listens on ${options.host}:${simulator.port} (Modbus ${options.framing}), unit 1`, ...about.map((line) => `  ${line}`), ...options.faults.map((text) => `  fault: ${text}`)],
    close: simulator.close,
    counters: () => {
      const { requests, answers, writes, connections, values } = simulator.stats
      return { requests, answers, refused_writes: writes, connections, values }
    },
  }
}

function readFault<K extends string>(text: string, kinds: readonly K[]): { readonly kind: K; readonly slot: number } | { readonly modbus: ReturnType<typeof parseModbusFault> } {
  const { word, slot } = /^(?<word>[a-z-]+)(?::(?<slot>\d+))?$/.exec(text)?.groups ?? {}
  const kind = kinds.find((known) => known === word)
  if (kind === undefined) {
    const isModbus = MODBUS_FAULT_KINDS.some((known) => text.startsWith(known))
    if (!isModbus) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: `<kind>:<slot> with kind one of ${kinds.join(', ')}, or a fault of Modbus: ${MODBUS_FAULT_KINDS.join(', ')}` })
    return { modbus: parseModbusFault(text) }
  }
  if (slot === undefined) throw cliErrors.BAD_FAULT({ found: text, rightWouldBe: `${kind}:<slot>` })
  return { kind, slot: Number(slot) }
}
