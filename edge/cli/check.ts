import { loadSettings } from '../settings/load.ts'

/** Checks a configuration without connecting to anything; prints what it would run. Throws ConfigError with all problems. */
export function check(file: string): void {
  const { config, devices, dataDirectory } = loadSettings(file)
  const points = [...devices.values()].reduce((sum, device) => sum + device.points.length, 0)
  const perSecond = [...devices.values()].flatMap((d) => d.points).reduce((sum, point) => sum + 1000 / point.periodMs, 0)
  process.stdout.write(`${file}: good\n`)
  process.stdout.write(`gateway ${config.gateway.group}/${config.gateway.node} of ${config.gateway.subject} → ${config.uplink.url}\n`)
  process.stdout.write(`${config.lines.length} lines, ${devices.size} devices, ${points} points, about ${perSecond.toFixed(1)} samples/s; data in ${dataDirectory}\n`)
  const unregistered = [...devices.values()].flatMap((d) => d.points.filter((p) => p.pointCode === undefined).map((p) => `${d.id}/${p.name}`))
  if (unregistered.length > 0) process.stdout.write(`without a point code (central will quarantine them until adopted): ${unregistered.join(', ')}\n`)
}
