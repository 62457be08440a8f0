/*
 * Finds and loads profiles: those of the families (a folder each, profile.yaml and profile-<variant>.yaml) and those
 * that an operator keeps in files of his own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { nearest, parseYaml } from '@orewatch/config'
import { ConfigError } from '@orewatch/core'
import { Type } from 'typebox'
import { ModbusProfile, OpcUaProfile, type Profile } from './profile.ts'
import { findProfileFlaws } from './profile-checks.ts'

/** A profile that comes with Orewatch. */
export interface ProfileEntry {
  /** Folder, or folder/variant. */
  readonly id: string
  /** Absolute path. */
  readonly file: string
}

const ROOT = import.meta.dirname

/** The profiles of all families, by id. */
export function listProfiles(root = ROOT): ProfileEntry[] {
  const entries: ProfileEntry[] = []
  for (const folder of readdirSync(root, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === 'node_modules') continue
    for (const name of readdirSync(join(root, folder.name))) {
      const id = idOf(folder.name, name)
      if (id !== undefined) entries.push({ id, file: join(root, folder.name, name) })
    }
  }
  return entries.toSorted((a, b) => a.id.localeCompare(b.id))
}

/**
 * Loads a profile by id (`gas-substation`, `gas-substation/scaled`) or from a file of the operator's own (ends with .yaml).
 * Throws ConfigError with one problem per line, each `file:line: what is wrong; what would be right`.
 */
export function loadProfile(idOrFile: string): Profile {
  if (/\.ya?ml$/.test(idOrFile)) return parseProfile(readText(idOrFile), idOrFile)
  const known = listProfiles()
  const entry = known.find(({ id }) => id === idOrFile)
  if (entry !== undefined) return parseProfile(readText(entry.file), entry.file)
  const ids = known.map(({ id }) => id)
  const near = nearest(idOrFile, ids)
  throw new ConfigError([`${idOrFile} is no known profile; ${near === undefined ? '' : `did you mean ${near}? `}known are ${ids.join(', ')}, or give a file that ends with .yaml`])
}

/** Reads the text of a profile; `file` names it in problems and, for the profiles of families, decides what its id must be. */
export function parseProfile(text: string, file: string): Profile {
  const { value: head } = parseYaml(text, Head, file)
  const located = head.protocol === 'modbus' ? parseYaml(text, ModbusProfile, file) : parseYaml(text, OpcUaProfile, file)
  const { value } = located
  const problems = findProfileFlaws(value).map(({ path, message }) => `${located.lineOf(path)}: ${message}`)
  const expected = dirname(dirname(file)) === ROOT ? idOf(basename(dirname(file)), basename(file)) : undefined
  if (expected !== undefined && value.id !== expected) problems.unshift(`${located.lineOf(['id'])}: id is ${value.id}; after its folder and file name it must be ${expected}`)
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  return value
}

// The protocol decides which schema the rest must match, so that problems speak of one protocol only.
const Head = Type.Object({
  protocol: Type.Union([Type.Literal('modbus'), Type.Literal('opcua')], { description: 'Protocol: modbus or opcua.' }),
})

function idOf(folder: string, file: string): string | undefined {
  if (file === 'profile.yaml') return folder
  const variant = /^profile-(?<variant>[a-z0-9-]+)\.yaml$/.exec(file)?.groups?.['variant']
  return variant === undefined ? undefined : `${folder}/${variant}`
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ConfigError([`${file}: cannot be read (${code}); the profile must exist and be readable by this user${file.includes(sep) ? '' : ', or be one of the ids of `orewatch-sim list`'}`])
  }
}
