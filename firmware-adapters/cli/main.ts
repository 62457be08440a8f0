#!/usr/bin/env node
import { CodedError, ConfigError } from '@orewatch/core'
import { HELP, parseCommand } from './arguments.ts'
import { serveSimulatorProbes } from './probes.ts'
import { listFamilies, runFamily } from './run.ts'

try {
  const command = parseCommand(process.argv.slice(2))
  if (command.kind === 'help') process.stdout.write(HELP)
  else if (command.kind === 'list') process.stdout.write(`${listFamilies().join('\n')}\n`)
  else {
    const running = await runFamily(command.family, command.options)
    const { probesPort } = command.options
    const probes = probesPort === undefined ? undefined : await serveSimulatorProbes(running, probesPort)
    const where = probes === undefined ? '' : `  probes on http://127.0.0.1:${probes.port}/metrics\n`
    process.stdout.write(`${running.lines.join('\n')}\n${where}  Ctrl-C stops it\n`)
    const stop = (): void => {
      void Promise.all([running.close(), probes?.close()]).finally(() => process.exit(0))
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  }
} catch (err) {
  // A mistake of the operator is one line; anything else is a bug and shows its stack.
  if (!(err instanceof CodedError) && !(err instanceof ConfigError)) throw err
  process.stderr.write(`orewatch-sim: ${err.message}\n`)
  process.exitCode = 2
}
