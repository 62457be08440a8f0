#!/usr/bin/env node
/* Arguments and signals of `orewatch`, nothing else. */
import { CodedError, ConfigError } from '@orewatch/core'
import { openLogger } from '@orewatch/observability'
import { type Command, HELP, parseCommand } from './server/cli/arguments.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

try {
  const command = parseCommand(process.argv.slice(2))
  if (command.words[0] === undefined || command.words[0] === 'help') print(HELP)
  else if (command.words[0] === 'run') await run(command)
  else {
    const { runCommand } = await import('./server/cli/commands.ts')
    await runCommand(command, print)
  }
} catch (err) {
  const isExpected = err instanceof CodedError || err instanceof ConfigError
  process.stderr.write(`${isExpected ? `${err.code}: ${err.message}` : err instanceof Error ? err.stack : String(err)}\n`)
  process.exitCode = err instanceof ConfigError ? 2 : 1
}

async function run({ options }: Command): Promise<void> {
  const [{ loadCentralSettings }, { startCentral }] = await Promise.all([import('./settings/index.ts'), import('./server/all-in-one.ts')])
  const log = openLogger({ program: 'central' })
  const stopped = untilSignal()
  const central = await startCentral(loadCentralSettings(options.config), log)
  const { url, brokerUrl, firstAdministrator } = central
  if (options.json) print(JSON.stringify({ url, brokerUrl, ...(firstAdministrator && { firstAdministrator }) }))
  else {
    print(`portal   ${url}`)
    print(`gateways ${brokerUrl}`)
    if (firstAdministrator) print(`first login: ${firstAdministrator.login} / ${firstAdministrator.password}   (shown this once)`)
  }
  log.info({ signal: await stopped }, 'stopping')
  // A second signal, or a part that hangs, must not need a kill -9.
  setTimeout(() => process.exit(1), 30_000).unref()
  await central.close()
  // The listener of 'disconnect' holds the channel open, and the channel the program.
  if (process.connected) process.disconnect()
}

function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    // A parent that started us over a channel (the demo, a harness) and is gone.
    if (process.channel !== undefined) process.once('disconnect', () => resolve('parent ended'))
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      let count = 0
      process.on(signal, () => {
        if (++count > 1) process.exit(1)
        resolve(signal)
      })
    }
  })
}
