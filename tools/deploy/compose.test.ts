// compose.yaml without Docker, which is not here: what the files say, whether our programs take what is mounted, and whether the
// servers of Debian take what is made for them. That the images build and the whole starts, nobody here can see.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCentralSettings } from '../../central/settings/index.ts'
import { loadSettings } from '../../edge/settings/load.ts'
import { isOpensslAvailable } from './certificates.ts'
import { ACCOUNTS, prepare, PREPARED } from './prepare.ts'
import { composeFaults, PREPARED_FOLDER, readCompose, readStages, type Service } from './test/compose-checks.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const compose = readCompose(read('compose.yaml'))
const stages = readStages(read('docker/Dockerfile'))

test('every file is there, images are pinned, nobody is root, what runs on has a health check, secrets are files of their readers', () => {
  expect(composeFaults(compose, stages, ROOT, PREPARED)).toEqual([])
  expect(Object.keys(compose.services).length).toBeGreaterThan(10)
  expect(stages.map(({ name }) => name)).toEqual(expect.arrayContaining(['central', 'edge', 'simulators', 'influxdb']))
})

describe('the check of compose.yaml notices', () => {
  const planted = (name: string, change: Partial<Service>): string => {
    const services = { ...compose.services, [name]: { ...compose.services[name], ...change } }
    return composeFaults({ ...compose, services }, stages, ROOT, PREPARED).join('\n')
  }
  test('the tag latest, and no tag', () => {
    expect(planted('grafana', { image: 'grafana/grafana:latest' })).toContain('no pinned version')
    expect(planted('grafana', { image: 'grafana/grafana' })).toContain('no pinned version')
  })
  test('a service that runs as root', () => {
    expect(planted('postgresql', { user: '0:0' })).toContain('runs as root')
  })
  test('a service without a health check', () => {
    const { healthcheck: _, ...edge } = compose.services['edge'] ?? {}
    expect(composeFaults({ ...compose, services: { ...compose.services, edge } }, stages, ROOT, PREPARED).join('\n')).toContain('edge: has no health check')
  })
  test('a database that is published', () => {
    expect(planted('postgresql', { ports: ['5432:5432'] })).toContain('publishes 5432:5432')
  })
  test('a password in the environment', () => {
    expect(planted('postgresql', { environment: { POSTGRES_PASSWORD: 'x' } })).toContain('holds a secret in the environment')
  })
  test('a mounted file that is not there', () => {
    expect(planted('central', { volumes: ['./docker/other.yaml:/etc/orewatch/central.yaml:ro'] })).toContain('./docker/other.yaml is not there')
  })
  test('a secret that its service may not read', () => {
    expect(planted('edge', { secrets: ['central-key'] })).toContain('may not read the secret central-key')
  })
})

describe.skipIf(!isOpensslAvailable())('with what prepare makes (skipped without openssl; install it with: npm run services)', () => {
  let prepared: string
  beforeAll(() => {
    prepared = mkdtempSync(join(tmpdir(), 'orewatch-prepared-'))
    prepare(prepared, { names: ['central.example'], report: () => undefined })
  })
  afterAll(() => rmSync(prepared, { recursive: true, force: true }))

  /** A mounted configuration with the secrets where `prepare` put them, as a file. */
  function withSecrets(path: string): string {
    const text = read(path)
      .replaceAll(/\/run\/secrets\/([a-z-]+)/g, (_, secret: string) => join(prepared, compose.secrets[secret]?.file.slice(PREPARED_FOLDER.length + 1) ?? 'nobody-makes-it'))
      .replaceAll('/etc/orewatch/county.yaml', join(ROOT, 'examples/demo-mine/county.yaml'))
    const file = join(prepared, path.replaceAll('/', '-'))
    writeFileSync(file, text)
    return file
  }

  describe('what is mounted', () => {
    test('central takes its configuration, with TLS beyond loopback', () => {
      const settings = loadCentralSettings(withSecrets('docker/central.yaml'))
      expect(settings).toMatchObject({ listen: { host: '0.0.0.0', port: 8443 }, broker: { kind: 'remote', userName: 'central' }, store: { kind: 'influxdb' } })
      expect(settings.listen.tls?.key).toContain('PRIVATE KEY')
    })

    test('the gateway takes its configuration, and finds the simulators where compose.yaml starts them', () => {
      const { config, devices } = loadSettings(withSecrets('docker/gateway.yaml'))
      expect(devices.size).toBe(3)
      const addresses = config.lines.map(({ modbus, opcua }) => (modbus === undefined ? String(opcua?.endpoint) : `${'host' in modbus ? modbus.host : ''}:${'port' in modbus ? modbus.port : ''}`))
      const command = (name: string): string => JSON.stringify((compose.services[name] as { command?: unknown } | undefined)?.command ?? '')
      for (const address of addresses) {
        const [, host = '', port = ''] = /(?:\/\/)?([a-z-]+):(\d+)$/.exec(address) ?? []
        expect(command(host), address).toContain(`"--port","${port}"`)
      }
    })

    test('devices know no login, so only the gateway is on their network, and nothing leads out of it', () => {
      const members = Object.entries(compose.services).filter(([, { networks }]) => networks?.includes('field') === true)
      expect(members.map(([name]) => name)).toEqual(['simulator-gas', 'simulator-plc', 'edge'])
      expect([compose.networks['field']?.internal, compose.networks['store']?.internal]).toEqual([true, true])
    })

    test('Grafana gets every variable and secret that its provisioning asks for', () => {
      const grafana = compose.services['grafana']
      const provisioning = read('central/grafana/provisioning/datasources/orewatch.yaml')
      const variables = [...provisioning.matchAll(/\$(?<name>[A-Z]\w+)/g)].map(({ groups }) => groups?.['name'] ?? '')
      const secrets = [...provisioning.matchAll(/\/run\/secrets\/(?<name>[a-z-]+)/g)].map(({ groups }) => groups?.['name'] ?? '')
      expect([variables.length, secrets.length]).toEqual([7, 2])
      expect([...variables.filter((name) => !(name in (grafana?.environment ?? {}))), ...secrets.filter((name) => grafana?.secrets?.includes(name) !== true)]).toEqual([])
      const { providers } = readCompose(read('central/grafana/provisioning/dashboards/orewatch.yaml')) as unknown as { providers: { options: { path: string } }[] }
      expect(grafana?.volumes).toContain(`./central/grafana/dashboards:${providers[0]?.options.path}:ro`)
    })
  })

  describe('prepare', () => {
    test('makes every file, readable by its owner alone', () => {
      const open = PREPARED.filter(({ isPublic }) => isPublic !== true).filter(({ file }) => (statSync(join(prepared, file)).mode & 0o007) !== 0)
      expect(open).toEqual([])
    })

    test('gives every file to the account that reads it, as far as it may', () => {
      const isRoot = process.getuid?.() === 0
      const wrong = PREPARED.filter(({ file, owner }) => statSync(join(prepared, file)).uid !== (isRoot ? ACCOUNTS[owner] : process.getuid?.()))
      expect(wrong).toEqual([])
    })

    test('run again changes no secret', () => {
      const all = (): string[] => PREPARED.map(({ file }) => readFileSync(join(prepared, file), 'utf8'))
      const before = all()
      prepare(prepared, { names: ['central.example'], report: (line) => expect.unreachable(line) })
      expect(all()).toEqual(before)
    })

    test('makes certificates for the given names, signed by its own authority', () => {
      const said = execFileSync('openssl', ['x509', '-in', join(prepared, 'central.pem'), '-noout', '-ext', 'subjectAltName'], { encoding: 'utf8' })
      expect(said).toContain('DNS:central.example')
      expect(
        execFileSync('openssl', ['verify', '-CAfile', join(prepared, 'ca.pem'), join(prepared, 'central.pem'), join(prepared, 'mosquitto/server.pem')], { encoding: 'utf8' }).match(/: OK/g),
      ).toHaveLength(2)
    })
  })
})

test('no private key and no prepared secret is in the repository', () => {
  expect(execFileSync('git', ['check-ignore', '.orewatch/compose/ca.key'], { cwd: ROOT, encoding: 'utf8' }).trim()).toBe('.orewatch/compose/ca.key')
  const found = spawnSync('git', ['grep', '-lE', '-e', '^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----$'], { cwd: ROOT, encoding: 'utf8' })
  // 1 is git's word for nothing found; anything else is a file, or no answer at all.
  expect([found.status, found.stdout]).toEqual([1, ''])
})
