/*
 * The gateway from socket to durable outbox and encoded message: how many values a second one core carries, and what it
 * costs at the 2,000 points/s of the resource frame. Devices and host run as other processes on the same machine.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BenchOptions, BenchResult } from './bench.ts'
import { metricOf, usageOf } from './parts/process-meter.ts'

const ROOT = join(import.meta.dirname, '..')
const VALUES_PER_UNIT = 120
const UNITS_PER_LINE = 5
// Those of the first line of edge/cli/main.ts, which a fork does not read.
const GATEWAY_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size', '--v8-pool-size=1']

interface Load {
  readonly lines: number
  readonly periodMs: number
  readonly hasOpcUa: boolean
}

interface Figures {
  readonly offered: number
  readonly valuesPerSecond: number
  readonly cpuPercent: number
  readonly rssMb: number
  readonly pending: number
  readonly bytesPerValue: number
}

/** Prints the rate at which one core is full, and RSS and CPU at 2,000 points/s with Modbus alone and with OPC UA. */
export async function run({ report, quick, flags }: BenchOptions): Promise<BenchResult> {
  const seconds = Number(flags['seconds'] ?? (quick ? 4 : 20))
  const steps: Figures[] = []
  let best: Figures | undefined
  // 600 values a line and period; more lines until a core is full or the gateway no longer keeps up.
  for (const lines of quick ? [2] : [4, 6, 8, 10, 12, 16, 20]) {
    const figures = await measure({ lines, periodMs: 100, hasOpcUa: false }, seconds)
    report(`${figures.offered}/s offered: ${figures.valuesPerSecond}/s accepted, ${figures.cpuPercent} % CPU, ${figures.rssMb} MB`)
    steps.push(figures)
    const isCarried = figures.valuesPerSecond >= figures.offered * 0.98
    if (figures.cpuPercent <= 100 && isCarried) best = figures
    if (figures.cpuPercent > 100 || !isCarried) break
  }
  const modbus = await measure({ lines: 2, periodMs: 600, hasOpcUa: false }, seconds)
  report(`2,000/s, Modbus alone: ${modbus.cpuPercent} % CPU, ${modbus.rssMb} MB`)
  const opcua = await measure({ lines: 2, periodMs: 600, hasOpcUa: true }, seconds)
  report(`2,000/s, with OPC UA: ${opcua.cpuPercent} % CPU, ${opcua.rssMb} MB`)
  const atCore = best ?? modbus
  return {
    ok: steps.every((s) => s.valuesPerSecond > 0),
    valuesPerSecond: atCore.valuesPerSecond,
    cpuPercent: atCore.cpuPercent,
    cpuMicrosPerValue: Math.round(((atCore.cpuPercent * 10_000) / atCore.valuesPerSecond) * 100) / 100,
    bytesPerValue: atCore.bytesPerValue,
    modbus2000: { valuesPerSecond: modbus.valuesPerSecond, cpuPercent: modbus.cpuPercent, rssMb: modbus.rssMb },
    opcua2000: { valuesPerSecond: opcua.valuesPerSecond, cpuPercent: opcua.cpuPercent, rssMb: opcua.rssMb },
    steps,
  }
}

async function measure(load: Load, seconds: number): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-bench-edge-'))
  const children: ChildProcess[] = []
  const start = async (script: string, args: readonly string[], execArgv: readonly string[] = []): Promise<[ChildProcess, Record<string, unknown>]> => {
    const child = fork(join(ROOT, script), args, { execArgv: [...execArgv], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, OREWATCH_LOG: 'error', MALLOC_ARENA_MAX: '2' } })
    children.push(child)
    return [
      child,
      await new Promise((resolve, reject) => {
        child.once('message', (message) => resolve(message as Record<string, unknown>))
        child.once('exit', (code) => reject(Object.assign(new Error(`${script} ended with ${code}`), { code: 'BENCH_PART_ENDED' })))
      }),
    ]
  }
  try {
    const [, devices] = await start('bench/parts/devices.ts', [String(load.lines), String(UNITS_PER_LINE), String(VALUES_PER_UNIT), ...(load.hasOpcUa ? [join(directory, 'plc-pki')] : [])])
    const [host, said] = await start('bench/parts/acknowledging-host.ts', [])
    if (load.hasOpcUa) trustPlc(directory)
    const config = writeConfig(directory, load, devices['ports'] as number[], devices['endpoint'] as string | undefined, Number(said['port']))
    const [gateway, ready] = await start('edge/cli/main.ts', ['run', '--config', config], GATEWAY_FLAGS)
    await sleep(4_000)
    const figures = await sample(gateway.pid ?? 0, Number(ready['probePort']), host, seconds)
    const opcUaPoints = load.hasOpcUa ? 17 : 0
    return { offered: Math.round((load.lines * UNITS_PER_LINE * VALUES_PER_UNIT * 1000) / load.periodMs + opcUaPoints), ...figures }
  } finally {
    for (const child of children.toReversed()) {
      child.removeAllListeners('exit')
      child.kill('SIGKILL')
    }
    rmSync(directory, { recursive: true, force: true })
  }
}

async function sample(pid: number, probePort: number, host: ChildProcess, seconds: number): Promise<Omit<Figures, 'offered'>> {
  const read = async (): Promise<{ text: string; cpuS: number; atMs: number; sent: { samples: number; bytes: number } }> => {
    const text = await (await fetch(`http://127.0.0.1:${probePort}/metrics`)).text()
    const sent = await new Promise<{ samples: number; bytes: number }>((resolve) => {
      host.once('message', (message) => resolve(message as { samples: number; bytes: number }))
      host.send({})
    })
    return { text, cpuS: usageOf(pid).cpuS, atMs: performance.now(), sent }
  }
  const before = await read()
  await sleep(seconds * 1000)
  const after = await read()
  const elapsedS = (after.atMs - before.atMs) / 1000
  const accepted = metricOf(after.text, 'edge_samples_accepted_total') - metricOf(before.text, 'edge_samples_accepted_total')
  return {
    valuesPerSecond: Math.round(accepted / elapsedS),
    cpuPercent: Math.round(((after.cpuS - before.cpuS) / elapsedS) * 1000) / 10,
    rssMb: Math.round(usageOf(pid).rssMb),
    pending: metricOf(after.text, 'edge_outbox_pending_records'),
    bytesPerValue: Math.round(((after.sent.bytes - before.sent.bytes) / Math.max(1, after.sent.samples - before.sent.samples)) * 10) / 10,
  }
}

function trustPlc(directory: string): void {
  const own = join(directory, 'plc-pki/own/certs')
  const trusted = join(directory, 'gateway/pki/trusted/certs')
  mkdirSync(trusted, { recursive: true })
  for (const name of readdirSync(own)) if (name.endsWith('.pem')) copyFileSync(join(own, name), join(trusted, name))
}

function writeConfig(directory: string, load: Load, ports: readonly number[], endpoint: string | undefined, brokerPort: number): string {
  const points = Array.from(
    { length: VALUES_PER_UNIT },
    (_, i) => `      - { slot: ${i + 1}, sensorType: "0101", name: p-${i}, title: { zh: 值${i}, en: value ${i} }, periodMs: ${load.periodMs} }`,
  ).join('\n')
  const lines = ports.map((port, i) => `  - id: line-${i}\n    modbus: { host: 127.0.0.1, port: ${port}, maxInFlight: 4 }`)
  const devices = ports.flatMap((_, l) =>
    Array.from({ length: UNITS_PER_LINE }, (__, u) => `  - id: d-${l}-${u}\n    line: line-${l}\n    unit: ${u + 1}\n    profile: ${join(ROOT, 'tests/chaos/pattern.yaml')}\n    points:\n${points}`),
  )
  if (endpoint !== undefined) {
    lines.push(`  - id: plc\n    opcua: { endpoint: "${endpoint}" }`)
    devices.push('  - id: plc-1\n    line: plc\n    profile: ventilation-drainage-hoist')
  }
  const file = join(directory, 'gateway.yaml')
  writeFileSync(
    file,
    `gateway: { group: "990121", node: gw-bench, subject: "990121100001" }
dataDirectory: gateway
uplink: { url: "mqtt://127.0.0.1:${brokerPort}" }
probes: { port: 0 }
lines:
${lines.join('\n')}
devices:
${devices.join('\n')}
`,
  )
  return file
}
