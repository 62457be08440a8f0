/* What can be said of compose.yaml and its Dockerfile without Docker: sentences about what is wrong. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ACCOUNTS, type Place } from '../prepare.ts'

/** A service as it stands in the file, anchors resolved. */
export interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string }
  readonly user?: string
  readonly restart?: string
  readonly profiles?: readonly string[]
  readonly network_mode?: string
  readonly networks?: readonly string[]
  readonly ports?: readonly string[]
  readonly secrets?: readonly string[]
  readonly volumes?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** The file, as far as it is checked. */
export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

/** A stage of a Dockerfile. */
export interface Stage {
  readonly name: string
  readonly from: string
  /** Of its last USER. */
  readonly user?: string
  readonly hasHealthcheck: boolean
  /** Sources that COPY takes from the context. */
  readonly copied: readonly string[]
}

/** Folder that `prepare` fills. */
export const PREPARED_FOLDER = './.orewatch/compose'

/** Reads compose.yaml. */
export function readCompose(text: string): Compose {
  return parse(text, { merge: true }) as Compose
}

/** Reads the stages of a Dockerfile; default values of ARG stand for the arguments. */
export function readStages(text: string): Stage[] {
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n')
  const args = new Map<string, string>()
  const stages: { name: string; from: string; user?: string; hasHealthcheck: boolean; copied: string[] }[] = []
  for (const line of lines) {
    const [word = '', ...rest] = line.trim().split(/\s+/)
    const stage = stages.at(-1)
    if (word === 'ARG') args.set(...(rest.join(' ').split('=') as [string, string]))
    if (word === 'FROM') stages.push({ from: (rest[0] ?? '').replace(/^\$\{(\w+)\}$/, (_, name: string) => args.get(name) ?? ''), name: rest[2] ?? '', hasHealthcheck: false, copied: [] })
    if (stage === undefined) continue
    if (word === 'USER') stage.user = rest[0] ?? ''
    if (word === 'HEALTHCHECK') stage.hasHealthcheck = true
    if (word === 'COPY' && !rest[0]?.startsWith('--from')) stage.copied.push(...rest.slice(0, -1))
  }
  return stages
}

/** Everything that is wrong with the files together. `root` is the checkout, `prepared` what `prepare` makes. */
export function composeFaults(compose: Compose, stages: readonly Stage[], root: string, prepared: readonly Place[]): string[] {
  const services = Object.entries(compose.services)
  return [
    ...services.flatMap(([name, service]) => [
      ...imageFaults(name, service, stages),
      ...accountFaults(name, service, stages),
      ...healthFaults(name, service, compose),
      ...exposureFaults(name, service),
      ...environmentFaults(name, service),
      ...referenceFaults(name, service, compose, root, prepared),
      ...secretFaults(name, service, compose, stages, prepared),
    ]),
    ...stages.filter(({ from }) => !stages.some(({ name }) => name === from) && !isPinned(from)).map(({ from }) => `the Dockerfile takes ${from}, which is no pinned version`),
    ...stages.flatMap(({ copied }) => copied.filter((source) => !existsSync(join(root, source))).map((source) => `the Dockerfile copies ${source}, which is not there`)),
  ]
}

/** Whether an image names a version of at least two numbers. */
export function isPinned(image: string): boolean {
  return /^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?$/.test(image)
}

function imageFaults(name: string, { image = '', build }: Service, stages: readonly Stage[]): string[] {
  const target = build?.target
  return [
    ...(isPinned(image) ? [] : [`${name}: image ${image} is no pinned version`]),
    ...(target === undefined || stages.some((stage) => stage.name === target && stage.hasHealthcheck) ? [] : [`${name}: the Dockerfile has no target ${target} with a HEALTHCHECK`]),
  ]
}

function userOf({ user, build }: Service, stages: readonly Stage[]): string {
  return user ?? stages.find(({ name }) => name === build?.target)?.user ?? '0'
}

function accountFaults(name: string, service: Service, stages: readonly Stage[]): string[] {
  const user = userOf(service, stages)
  const isRoot = !/^[1-9]\d*(:\d+)?$/.test(user)
  return [
    ...(isRoot && service.network_mode !== 'none' ? [`${name}: runs as root (${user})`] : []),
    ...(service.cap_drop?.includes('ALL') === true ? [] : [`${name}: keeps capabilities`]),
    ...(service.security_opt?.includes('no-new-privileges:true') === true ? [] : [`${name}: may gain privileges`]),
  ]
}

// What runs on has a health check; what comes to an end is never started again, and somebody waits for its end or a person starts it.
function healthFaults(name: string, service: Service, { services }: Compose): string[] {
  if (service.restart === 'unless-stopped') return service.healthcheck === undefined ? [`${name}: has no health check`] : []
  const isAwaited = Object.values(services).some(({ depends_on: needs }) => needs?.[name]?.condition === 'service_completed_successfully')
  const isByHand = service.profiles?.includes('tools') === true
  return service.restart === 'no' && (isAwaited || isByHand) ? [] : [`${name}: neither runs on with a health check nor comes to an end that somebody awaits`]
}

// Beyond loopback only what speaks TLS and demands a password, which other tests check: the portal and the broker.
function exposureFaults(name: string, { ports = [], network_mode: mode }: Service): string[] {
  return [
    ...ports
      .filter((port) => !port.startsWith('127.0.0.1:') && !(name === 'central' && port === '8443:8443') && !(name === 'mosquitto' && port === '8883:8883'))
      .map((port) => `${name}: publishes ${port}`),
    ...(mode === 'host' ? [`${name}: shares the network of the machine`] : []),
  ]
}

function environmentFaults(name: string, { environment = {} }: Service): string[] {
  return Object.keys(environment)
    .filter((key) => /PASSWORD|SECRET|TOKEN|_KEY/.test(key) && !key.endsWith('_FILE'))
    .map((key) => `${name}: ${key} holds a secret in the environment`)
}

function referenceFaults(name: string, service: Service, compose: Compose, root: string, prepared: readonly Place[]): string[] {
  const isMade = (path: string): boolean => {
    const inside = path.slice(PREPARED_FOLDER.length + 1)
    return inside === '' || prepared.some(({ file }) => file === inside || file.startsWith(`${inside}/`))
  }
  const sources = [...(service.volumes ?? []).map((volume) => volume.split(':')[0] ?? ''), ...(service.build === undefined ? [] : [`./${service.build.dockerfile}`])]
  const missing = sources.filter((source) => {
    if (!source.startsWith('.')) return !(source in compose.volumes)
    return source.startsWith(PREPARED_FOLDER) ? !isMade(source) : !existsSync(join(root, source))
  })
  const unknown = [
    ...(service.networks ?? []).filter((network) => !(network in compose.networks)),
    ...Object.keys(service.depends_on ?? {}).filter((other) => !(other in compose.services)),
    ...(service.secrets ?? []).filter((secret) => !(secret in compose.secrets)),
  ]
  return [...missing, ...unknown].map((what) => `${name}: ${what} is not there`)
}

// A secret is mounted as it lies on the disk, so it must belong to the account that reads it.
function secretFaults(name: string, service: Service, { secrets }: Compose, stages: readonly Stage[], prepared: readonly Place[]): string[] {
  const [uid, gid] = userOf(service, stages).split(':')
  return (service.secrets ?? []).flatMap((secret) => {
    const file = secrets[secret]?.file.slice(PREPARED_FOLDER.length + 1)
    const place = prepared.find((made) => made.file === file)
    if (place === undefined) return [`${name}: nobody makes the secret ${secret}`]
    const mayRead = place.isPublic === true || ACCOUNTS[place.owner] === Number(uid) || (place.isSharedWithGroup0 === true && gid === '0')
    return mayRead ? [] : [`${name}: may not read the secret ${secret}`]
  })
}
