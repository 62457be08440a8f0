import { readFileSync } from 'node:fs'

// USER_HZ of every Linux that Node runs on.
const TICKS_PER_SECOND = 100

/** What a process used. */
export interface Usage {
  /** CPU seconds since its start, user and system. */
  readonly cpuS: number
  /** Resident memory, MB (10^6 bytes). */
  readonly rssMb: number
}

/** Reads CPU and memory of a process from /proc. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in brackets may hold spaces: fields count from behind it. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const rssKb = Number(/^VmRSS:\s+(?<kb>\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.['kb'])
  return { cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, rssMb: Math.round(rssKb * 1.024) / 1000 }
}

/** A value of a Prometheus exposition. */
export function metricOf(text: string, name: string): number {
  const line = text.split('\n').find((l) => l.startsWith(`${name} `))
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1))
}
