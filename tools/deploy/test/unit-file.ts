/** The directives of a systemd unit by section; one that is there several times has several values. */
export type UnitFile = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>

/** Reads a unit file, as far as ours go: no continuation lines. Throws RangeError for a line that is nothing. */
export function readUnit(text: string): UnitFile {
  const sections = new Map<string, Map<string, string[]>>()
  let section = new Map<string, string[]>()
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const heading = /^\[(\w+)\]$/.exec(line)?.[1]
    const [, key, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (heading !== undefined) sections.set(heading, (section = new Map()))
    else if (key !== undefined) section.set(key, [...(section.get(key) ?? []), value])
    else if (line !== '' && !line.startsWith('#')) throw new RangeError(`no directive: ${line}`)
  }
  return sections
}
