import { parseArgs } from 'node:util'

/** What the demo was asked for. */
export interface DemoArguments {
  /** Ends as soon as values of every family have gone all the way into the store. */
  readonly isUntilLive: boolean
  readonly isJson: boolean
  /** Where the demo keeps its data. */
  readonly dataDirectory: string | undefined
  /** Port of the portal; a free one when it is taken. */
  readonly port: number
}

/** How to use the demo. */
export const USAGE = `usage: npm start -- [--until-live] [--json] [--data-dir <folder>] [--port <port of the portal>]
`

/** Reads the command line; undefined when it makes no sense. */
export function parseDemoArguments(argv: readonly string[]): DemoArguments | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { 'until-live': { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, 'data-dir': { type: 'string' }, port: { type: 'string', default: '8686' } },
    })
    const port = Number(values.port)
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined
    return { isUntilLive: values['until-live'], isJson: values.json, dataDirectory: values['data-dir'], port }
  } catch {
    return undefined
  }
}
