import { flushCompileCache } from 'node:module'
import { openLogger } from '@orewatch/observability'
import { Gateway } from '../gateway.ts'

/** Runs the gateway until SIGINT or SIGTERM; SIGHUP reads the configuration again. */
export async function runGateway(file: string): Promise<void> {
  const log = openLogger({ program: 'edge' })
  const gateway = await Gateway.start({ file, log })
  // Written now and not at the exit, which a power cut or a kill never reaches.
  flushCompileCache()
  // A parent process (the demo, a harness) learns where the probes are.
  process.send?.({ kind: 'ready', probePort: gateway.probePort })
  process.on('SIGHUP', () => {
    void gateway.reload()
  })
  const stop = (): void => {
    log.info({}, 'gateway stops')
    void gateway.stop().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'gateway did not stop cleanly')
        process.exit(1)
      },
    )
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.once('disconnect', stop)
}
