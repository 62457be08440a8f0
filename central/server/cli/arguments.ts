import { parseArgs } from 'node:util'
import { errorCode } from '@orewatch/core'
import { serverErrors } from '../errors.ts'

/** What a command line asks for. */
export interface Command {
  /** Words that are not options, such as `['user', 'add', 'li']`. */
  readonly words: readonly string[]
  readonly options: {
    readonly config: string
    readonly json: boolean
    readonly replace: boolean
    readonly subject?: string
    readonly role?: readonly string[]
    readonly scope?: string
    readonly name?: string
    readonly title?: string
    readonly passwordFile?: string
    readonly out?: string
    readonly mine?: string
    readonly point?: string
    readonly from?: string
    readonly to?: string
    readonly format?: string
    readonly dryRun: boolean
  }
}

/** Writes a line for the person at the terminal. */
export type Print = (line: string) => void

/** How to use the program. */
export const HELP = `orewatch: central of Orewatch

  orewatch run       [--config central.yaml] [--json]   run everything in one program
  orewatch check     [--config central.yaml]            check the configuration without starting anything
  orewatch user add <login> --role <role> [--scope <division prefix>] [--subject <code>] [--name <text>] [--password-file <file>]
  orewatch user disable <login>
  orewatch user list
  orewatch gateway add <group> <node> --subject <code> [--title <text>] [--out <file>] [--replace]
  orewatch fixtures <file>                              put counties, mines and gateways into the register
  orewatch export (--point <code> | --mine <code>) --from <date> --to <date> [--format csv|parquet] --out <file>
  orewatch retention [--dry-run]                        remove what has outlived the setting retention, or show what would go

Passwords are read at the prompt or from a file, never from the command line, which everybody on the machine can see.
user, gateway and fixtures work beside a running central. export and retention
open the store itself: with DuckDB central must be stopped. A running central applies retention once a day.
Dates without a zone are Beijing time.
`

/** Reads a command line. Throws SERVER_USAGE. */
export function parseCommand(argv: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c', default: 'central.yaml' },
        json: { type: 'boolean', default: false },
        replace: { type: 'boolean', default: false },
        subject: { type: 'string' },
        role: { type: 'string', multiple: true },
        scope: { type: 'string' },
        name: { type: 'string' },
        title: { type: 'string' },
        'password-file': { type: 'string' },
        out: { type: 'string' },
        mine: { type: 'string' },
        point: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
        format: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const { 'password-file': passwordFile, 'dry-run': dryRun, help, ...options } = values
    return { words: help ? ['help'] : positionals, options: { ...options, dryRun, ...(passwordFile !== undefined && { passwordFile }) } }
  } catch (cause) {
    throw serverErrors.USAGE({ problem: cause instanceof Error ? cause.message : errorCode(cause) }, cause)
  }
}

/** The word at a place of the command; throws SERVER_USAGE naming what is missing. */
export function demandWord(command: Command, index: number, what: string): string {
  const word = command.words[index]
  if (word === undefined) throw serverErrors.USAGE({ missing: what })
  return word
}
