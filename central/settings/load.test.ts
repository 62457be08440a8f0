import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@orewatch/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadCentralSettings } from './load.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orewatch-settings-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const write = (name: string, text: string, mode = 0o600): string => {
  const file = join(directory, name)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
const load = (yaml: string) => loadCentralSettings(write('central.yaml', yaml))

function problemsOf(yaml: string): string {
  try {
    load(yaml)
    return 'accepted'
  } catch (err) {
    return err instanceof ConfigError ? err.problems.join('\n') : String(err)
  }
}

describe('what is taken', () => {
  test('the example', () => {
    expect(loadCentralSettings(fileURLToPath(new URL('example.yaml', import.meta.url)))).toMatchObject({
      listen: { host: '127.0.0.1', port: 8_080 },
      broker: { kind: 'embedded', port: 1_883 },
      store: { kind: 'duckdb' },
    })
  })
  test('an empty file: everything embedded, on loopback, beside it', () => {
    expect(load('')).toMatchObject({
      dataDirectory: join(directory, 'data'),
      listen: { host: '127.0.0.1', isBehindProxy: false },
      broker: { kind: 'embedded', host: '127.0.0.1', groups: 'all', hostId: 'orewatch', credentialsFile: join(directory, 'data/broker-credentials.yaml') },
      store: { kind: 'duckdb', directory: join(directory, 'data/telemetry') },
      relational: { directory: join(directory, 'data/relational') },
    })
  })
  test('another host behind a proxy', () => {
    expect(load('listen: { host: 0.0.0.0, behindProxy: true }').listen).toMatchObject({ host: '0.0.0.0', isBehindProxy: true })
  })
  test('another host with TLS', () => {
    write('c.pem', 'CERT', 0o644)
    write('k.pem', 'KEY')
    expect(load('listen: { host: 0.0.0.0, tls: { certFile: c.pem, keyFile: k.pem } }').listen.tls).toEqual({ cert: 'CERT', key: 'KEY' })
  })
  test('a broker elsewhere and InfluxDB, their files beside the configuration', () => {
    expect(
      load('broker: { remote: { url: "mqtts://b:8883", userName: ingest, passwordFile: p } }\nstore: { kind: influxdb, url: "http://127.0.0.1:8086", username: u, passwordFile: q }'),
    ).toMatchObject({
      broker: { kind: 'remote', passwordFile: join(directory, 'p') },
      store: { kind: 'influxdb', passwordFile: join(directory, 'q') },
    })
  })
  test('retention: seven years when nothing is said, less than two only with a reason', () => {
    expect(load('').retention).toEqual({ days: 2_557, classes: [] })
    expect(load('retention: { days: 30, shorterThanLawBecause: "a bench of the factory, no mine" }').retention).toMatchObject({ days: 30 })
  })
  test('a PostgreSQL elsewhere by a file that holds its URL', () => {
    expect(load('relational: { urlFile: pg }').relational).toEqual({ urlFile: join(directory, 'pg') })
  })
})

describe('what is refused, with the line and what would be right', () => {
  const check = (yaml: string, expected: RegExp) => expect(problemsOf(yaml)).toMatch(expected)
  test('plain HTTP beyond this machine', () => check('listen:\n  host: 0.0.0.0', /central\.yaml:2: passwords would cross .* tls.*behindProxy/))
  test('plain MQTT beyond this machine', () => check('broker:\n  embedded:\n    host: 10.0.0.1', /central\.yaml:3: gateways would send passwords/))
  test('two brokers', () => check('broker:\n  embedded: {}\n  remote: { url: "mqtt://b:1", userName: i, passwordFile: p }', /central\.yaml:3: embedded and remote/))
  test('a password inside the broker’s URL', () => check('broker: { remote: { url: "mqtt://u:p@b:1", userName: i, passwordFile: p } }', /url/))
  test('a key that nobody knows', () => check('listen: { prot: 80 }', /did you mean port\?/))
  test('a port that is none', () => check('listen: { port: 70000 }', /port/))
  test('a store that nobody knows', () => check('store: { kind: oracle }', /duckdb.*influxdb/s))
  test('a retention shorter than the law, in general or of a class', () => {
    check('retention:\n  days: 730', /central\.yaml:1: 730 days are fewer than the 731/)
    check('retention: { classes: [{ sensorTypes: ["01"], days: 400 }] }', /400 days are fewer.*shorterThanLawBecause/)
  })
  test('fixtures that are not there', () => check('fixturesFile: nowhere.yaml', /there is no file .*nowhere\.yaml/))
  test('a certificate that is not there', () => check('listen: { tls: { certFile: x, keyFile: y } }', /cannot be read/))
  test('a private key that everybody may read', () => {
    write('c.pem', 'CERT')
    write('k.pem', 'KEY', 0o644)
    check('listen: { tls: { certFile: c.pem, keyFile: k.pem } }', /chmod 600/)
  })
  test('a file that is not there', () => expect(() => loadCentralSettings(join(directory, 'none.yaml'))).toThrow(ConfigError))
})
