// The systemd units: what they must hold, read from the files; and what systemd says of them where systemd-analyze is there.
// Whether a program works under its unit, only a machine that runs systemd can show: docs/operations/install-debian.md says how.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCentralSettings } from '../../central/settings/index.ts'
import { loadSettings } from '../../edge/settings/load.ts'
import { readUnit, type UnitFile } from './test/unit-file.ts'

const ROOT = join(import.meta.dirname, '../..')
const INSTALLED = '/opt/orewatch'
const UNITS = globSync('docker/systemd/*.service', { cwd: ROOT }).toSorted()
const GUIDES = ['docs/operations/install-debian.md', 'docs/operations/install-debian.zh-CN.md']
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const hasSystemd = existsSync('/usr/bin/systemd-analyze')
// Not skipped but absent where systemd is: the same directives are checked by reading, and CI refuses what is skipped.
const whereSystemdIs = (title: string, check: () => void): void => {
  if (hasSystemd) test(title, check)
}
// Of systemd's scale from 0 to 10 (no protection); what remains is that the programs use the network.
const MAX_EXPOSURE = 2

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'orewatch-units-'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

const valueOf = (unit: UnitFile, key: string): string | undefined => unit.get('Service')?.get(key)?.at(-1)

test('there is a unit for central and one for the gateway', () => {
  expect(UNITS.map((file) => basename(file))).toEqual(['orewatch-central.service', 'orewatch-edge.service'])
})

describe.each(UNITS)('%s', (file) => {
  const unit = readUnit(read(file))
  const name = basename(file, '.service')

  test('runs under an account of its own, in a directory of its own', () => {
    expect([valueOf(unit, 'User'), valueOf(unit, 'Group'), valueOf(unit, 'StateDirectory'), valueOf(unit, 'CacheDirectory')]).toEqual([name, name, name, name])
    expect(valueOf(unit, 'StateDirectoryMode')).toBe('0700')
  })

  test('gives up every right that the program does not need', () => {
    const wanted = {
      NoNewPrivileges: 'true',
      ProtectSystem: 'strict',
      ProtectHome: 'true',
      PrivateTmp: 'true',
      PrivateDevices: 'true',
      CapabilityBoundingSet: '',
      RestrictSUIDSGID: 'true',
      RestrictNamespaces: 'true',
      ProtectKernelTunables: 'true',
      ProtectKernelModules: 'true',
      ProtectControlGroups: 'true',
      ProtectClock: 'true',
      LockPersonality: 'true',
      UMask: '0077',
      SystemCallArchitectures: 'native',
    }
    expect(Object.fromEntries(Object.keys(wanted).map((key) => [key, valueOf(unit, key)]))).toEqual(wanted)
    expect(unit.get('Service')?.get('SystemCallFilter')).toEqual(['@system-service', '~@privileged'])
  })

  test('never asks for what would keep Node from compiling', () => {
    expect(unit.get('Service')?.has('MemoryDenyWriteExecute')).toBe(false)
  })

  test('comes back after every end, and checks its configuration before', () => {
    expect(valueOf(unit, 'Restart')).toBe('always')
    expect(valueOf(unit, 'ExecStartPre')).toBe(valueOf(unit, 'ExecStart')?.replace(' run ', ' check '))
    expect(Number(valueOf(unit, 'LimitNOFILE'))).toBeGreaterThanOrEqual(16_384)
  })

  test('stops the program by a signal to it alone, and gives it the time that it takes', () => {
    expect(valueOf(unit, 'KillMode')).toBe('mixed')
    const ownLimit = /setTimeout\(\(\) => process\.exit\(1\), (?<ms>[\d_]+)\)/.exec(read('central/main.ts'))?.groups?.['ms']?.replaceAll('_', '')
    expect(Number(ownLimit)).toBeGreaterThan(0)
    expect(Number(valueOf(unit, 'TimeoutStopSec')) * 1_000).toBeGreaterThan(Number(ownLimit))
  })

  test('starts a program that is there', () => {
    const [program = ''] = valueOf(unit, 'ExecStart')?.split(' ') ?? []
    expect(existsSync(program.replace(INSTALLED, ROOT)), program).toBe(true)
  })

  whereSystemdIs('systemd finds nothing wrong with it', () => {
    const copy = join(place, basename(file))
    writeFileSync(copy, read(file).replaceAll(INSTALLED, ROOT))
    const said = spawnSync('systemd-analyze', ['verify', '--recursive-errors=no', copy], { encoding: 'utf8' })
    expect([said.status, said.stderr]).toEqual([0, ''])
  })

  whereSystemdIs('systemd counts it among the well protected', () => {
    const said = spawnSync('systemd-analyze', ['security', '--offline=true', `--threshold=${MAX_EXPOSURE * 10}`, '--no-pager', join(ROOT, file)], { encoding: 'utf8' })
    expect(said.status, said.stdout.split('\n').slice(-3).join('\n')).toBe(0)
  })
})

describe('a planted fault', () => {
  test('a line that is no directive is noticed', () => {
    expect(() => readUnit('[Service]\nUser orewatch\n')).toThrow('no directive')
  })

  const planted = (change: (text: string) => string): string => {
    const copy = join(place, 'planted.service')
    writeFileSync(copy, change(read(UNITS[0] ?? '').replaceAll(INSTALLED, ROOT)))
    return copy
  }
  whereSystemdIs('systemd notices a directive that it does not know', () => {
    expect(spawnSync('systemd-analyze', ['verify', planted((text) => text.replace('NoNewPrivileges', 'NoNewPriviliges'))], { encoding: 'utf8' }).stderr).toContain('Unknown key')
  })
  whereSystemdIs('systemd notices a unit without protection', () => {
    const bare = planted((text) => text.replaceAll(/^(Protect|Private|Restrict|System|Capability).*$/gm, ''))
    expect(spawnSync('systemd-analyze', ['security', '--offline=true', `--threshold=${MAX_EXPOSURE * 10}`, '--no-pager', bare]).status).not.toBe(0)
  })
})

describe.each(GUIDES)('%s', (guide) => {
  const text = read(guide)
  const yaml = (name: string): string => {
    const block = [...text.matchAll(/^```yaml\n(?<body>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.['body'] ?? '').find((body) => body.includes(name)) ?? ''
    const file = join(place, `${name}-${basename(guide)}.yaml`)
    writeFileSync(
      file,
      block.replaceAll(/\/etc\/orewatch\/(?:central|edge)\/[a-z.-]+/g, (path) => secretFor(path)),
    )
    return file
  }
  const secretFor = (path: string): string => {
    const file = join(place, basename(path))
    writeFileSync(file, 'content', { mode: 0o600 })
    return file
  }

  test('shows a configuration that central takes, with its data where the unit lets it write', () => {
    const settings = loadCentralSettings(yaml('listen:'))
    expect(settings.dataDirectory).toBe('/var/lib/orewatch-central')
    expect(settings.listen.tls).toBeDefined()
  })

  test('shows a configuration that the gateway takes, with its data where the unit lets it write', () => {
    expect(loadSettings(yaml('gateway:')).dataDirectory).toBe('/var/lib/orewatch-edge')
  })

  test('installs every unit, and names every account that a unit runs under', () => {
    for (const file of UNITS) expect(text).toContain(file)
    for (const file of UNITS) expect(text).toMatch(new RegExp(`useradd [^\\n]*${basename(file, '.service')}`))
  })
})
