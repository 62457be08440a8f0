/*
 * Makes the skeleton of a unit from the templates beside this file: `{{name}}` and its spellings are replaced, and a
 * driver is added to the list in edge/drivers/registry.ts. Families of devices need no list: their folder is enough.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { newErrors } from './errors.ts'

/** What to make. */
export interface UnitOrder {
  readonly kind: 'driver' | 'adapter'
  readonly name: string
  readonly protocol: 'modbus' | 'opcua'
}

/** What was made: files relative to the root, and what to do next, in lines for a person. */
export interface MadeUnit {
  readonly files: readonly string[]
  readonly next: readonly string[]
}

/** What to type. */
export const USAGE = `usage: npm run new -- adapter <name> [--protocol modbus|opcua]   a family of devices
       npm run new -- driver <name> [--protocol modbus|opcua]    a driver; the protocol is that of the profiles it reads
`

/** Reads the words of the command line; throws NEW_BAD_USAGE or NEW_BAD_NAME that say what would be right. */
export function parseOrder(argv: readonly string[]): UnitOrder {
  const { values, positionals } = readWords(argv)
  const [kind, name, ...rest] = positionals
  if (kind !== 'driver' && kind !== 'adapter') throw newErrors.BAD_USAGE({ found: kind ?? 'nothing', rightWouldBe: 'driver or adapter' })
  if (name === undefined || rest.length > 0) throw newErrors.BAD_USAGE({ found: positionals.slice(1).join(' ') || 'no name', rightWouldBe: 'one name' })
  const { protocol } = values
  if (protocol !== 'modbus' && protocol !== 'opcua') throw newErrors.BAD_USAGE({ found: `--protocol ${protocol}`, rightWouldBe: '--protocol modbus or --protocol opcua' })
  const { pattern, rightWouldBe } = NAMES[kind]
  if (!pattern.test(name)) throw newErrors.BAD_NAME({ found: name, rightWouldBe })
  return { kind, name, protocol }
}

/** Writes the unit below `root`; throws NEW_EXISTS, before anything is changed, when its folder is there. */
export function makeUnit(order: UnitOrder, root: string): MadeUnit {
  const { kind, name } = order
  const folder = kind === 'driver' ? `edge/drivers/${name}` : `firmware-adapters/${name}`
  if (existsSync(join(root, folder))) throw newErrors.EXISTS({ folder, rightWouldBe: 'another name' })
  const templates = kind === 'driver' ? ['driver'] : ['adapter', `adapter-${order.protocol}`]
  const registry = kind === 'driver' ? registered(readFileSync(join(root, REGISTRY), 'utf8'), order) : undefined
  const words = wordsOf(order, root)
  const files = templates.flatMap((template) => writeTemplate(join(import.meta.dirname, 'templates', template), join(root, folder), words).map((file) => join(folder, file)))
  if (registry !== undefined) writeFileSync(join(root, REGISTRY), registry)
  return { files: [...files.toSorted(), ...(registry === undefined ? [] : [`${REGISTRY} (an entry)`])], next: nextSteps(order, folder) }
}

const REGISTRY = 'edge/drivers/registry.ts'
const ANCHOR = '  // npm run new adds a driver above this line.\n'

const NAMES = {
  // The name of a driver is also a key in gateway.yaml and the beginning of its error codes.
  driver: { pattern: /^[a-z][a-z0-9]{1,23}$/, rightWouldBe: 'one word of small letters and digits, such as dlt645' },
  adapter: { pattern: /^(?=.{2,48}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/, rightWouldBe: 'small letters, digits and single hyphens, such as smart-power-terminal' },
} as const

function readWords(argv: readonly string[]): { values: { protocol: string }; positionals: string[] } {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: { protocol: { type: 'string', default: 'modbus' } } })
  } catch (cause) {
    throw newErrors.BAD_USAGE({ found: argv.join(' '), rightWouldBe: '--protocol is the only option' }, cause)
  }
}

function wordsOf({ name, protocol }: UnitOrder, root: string): Readonly<Record<string, string>> {
  const pascal = name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { name, Pascal: pascal, camel: `${pascal.charAt(0).toLowerCase()}${pascal.slice(1)}`, UPPER: name.toUpperCase(), profiles: protocol, version }
}

function writeTemplate(template: string, folder: string, words: Readonly<Record<string, string>>): string[] {
  const files = readdirSync(template, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.txt'))
  return files.map((file) => {
    const text = readFileSync(join(template, file), 'utf8').replaceAll(/\{\{([A-Za-z]+)\}\}/g, (_, word: string) => words[word] ?? '')
    const target = file.slice(0, -'.txt'.length)
    mkdirSync(dirname(join(folder, target)), { recursive: true })
    writeFileSync(join(folder, target), text)
    return target
  })
}

/** The registry's text with the import and the entry of a new driver. */
function registered(text: string, { name, protocol }: UnitOrder): string {
  const pascal = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
  const lastConfig = text.lastIndexOf("/config.ts'\n")
  if (lastConfig < 0 || !text.includes(ANCHOR)) throw newErrors.NO_ANCHOR({ file: REGISTRY, rightWouldBe: ANCHOR.trim() })
  const end = lastConfig + "/config.ts'\n".length
  const entry = `  ${name}: driver({ config: ${pascal}LineConfig, profiles: '${protocol}', create: async (config, ctx) => (await import('./${name}/index.ts')).create${pascal}Line(config, ctx) }),\n`
  return `${text.slice(0, end)}import { ${pascal}LineConfig } from './${name}/config.ts'\n${text.slice(end).replace(ANCHOR, `${entry}${ANCHOR}`)}`
}

function nextSteps({ kind, name }: UnitOrder, folder: string): string[] {
  const test = `npx vitest run ${folder}`
  if (kind === 'driver') return [`Next: ${test}, then put your protocol into ${folder}/codec.ts and session.ts; the README there says how.`, 'npm run gen brings the reference up to date.']
  return [
    `Next: ${test}, then edit ${folder}/profile.yaml and its vectors; docs/guides/add-a-device-family.md goes on from here.`,
    `npx orewatch-sim run ${name} starts its simulator; npm run gen brings the reference up to date.`,
  ]
}
