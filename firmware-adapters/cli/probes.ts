import { Health, Metrics, type ProbeServer, serveProbes } from '@orewatch/observability'
import type { Running } from './running.ts'

/** Serves health, readiness and metrics of a running simulator on loopback. */
export function serveSimulatorProbes(running: Running, port: number): Promise<ProbeServer> {
  const metrics = new Metrics({ process: true })
  for (const name of Object.keys(running.counters?.() ?? {})) {
    metrics.gauge(`sim_${name}_total`, `Simulator counter: ${name.replaceAll('_', ' ')}.`, () => running.counters?.()[name] ?? 0)
  }
  const health = new Health()
  health.add('device', () => ({ ok: true, note: `listens on ${running.address}` }))
  return serveProbes({ health, metrics, port })
}
