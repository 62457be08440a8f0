import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadYaml } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { describe, expect, test } from 'vitest'
import { createLine, DRIVER_IDS, DRIVERS } from './registry.ts'
import { contextOf, RecordingSink } from './test/recording-sink.ts'

const here = import.meta.dirname

describe.each(DRIVER_IDS)('driver %s', (id) => {
  test('has an example that is a valid configuration', () => {
    expect(() => loadYaml(join(here, id, 'example.yaml'), DRIVERS[id].config)).not.toThrow()
  })

  test('is called after its folder', () => {
    expect(JSON.parse(readFileSync(join(here, id, 'manifest.json'), 'utf8'))).toMatchObject({ id, family: 'drivers' })
  })

  test('says every key of its configuration, with its default, in its README', () => {
    const readme = readFileSync(join(here, id, 'README.md'), 'utf8')
    for (const heading of ['What it does', 'Configuration', 'Limits', 'Troubleshooting', 'How it is tested']) expect(readme).toContain(`\n## ${heading}\n`)
    for (const [key, schema] of Object.entries(DRIVERS[id].config.properties)) {
      const { description, default: preset } = schema as { description?: string; default?: unknown }
      expect(readme).toContain(`| \`${key}\` | ${preset === undefined ? '' : `\`${JSON.stringify(preset).replaceAll('"', '')}\``} | ${description} |`)
    }
  })

  test('is created from its example and touches no network', async () => {
    const { value } = loadYaml(join(here, id, 'example.yaml'), DRIVERS[id].config)
    const line = await createLine({ [id]: value }, contextOf(new RecordingSink()), { pkiDirectory: '/nonexistent' })
    expect(line.stats().requests).toBe(0)
    await line.stop()
  })
})

test('a line with no protocol, or two, is refused', async () => {
  await expect(createLine({}, contextOf(new RecordingSink()), { pkiDirectory: 'pki' })).rejects.toThrow(ConfigError)
})

test('neither the registry nor a line that is not started loads the libraries of OPC UA and serial ports', () => {
  const program = `
    import { registerHooks } from 'node:module'
    let hasLoaded = false
    registerHooks({ resolve(specifier, context, next) { hasLoaded ||= /^(node-opcua|serialport|@serialport)/.test(specifier); return next(specifier, context) } })
    const { createLine } = await import(${JSON.stringify(join(here, 'registry.ts'))})
    await createLine({ modbus: { host: '127.0.0.1' } }, {}, { pkiDirectory: 'pki' })
    await createLine({ modbus: { transport: 'rtu', serial: { path: '/nonexistent' } } }, {}, { pkiDirectory: 'pki' })
    await createLine({ opcua: { endpoint: 'opc.tcp://127.0.0.1:1' } }, {}, { pkiDirectory: 'pki' })
    const before = hasLoaded
    await import('node-opcua-client')
    console.log(JSON.stringify({ before, after: hasLoaded }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', cwd: here })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ before: false, after: true })
})
