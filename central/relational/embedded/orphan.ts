import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@orewatch/observability'
import { relationalErrors } from '../errors.ts'
import type { Place } from './place.ts'

// Fast shutdown, immediate shutdown, and what cannot be refused; how long each is given.
const STAGES = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const

/**
 * Stops the PostgreSQL that a killed program left running in this data directory and removes its pid file.
 * Only processes of the cluster's own account that work in that very directory are touched: a pid file alone proves
 * nothing, its number may belong to somebody else by now. Call it while holding the directory's lock.
 */
export async function stopOrphans(place: Place, log: Logger): Promise<void> {
  for (const { signal, waitMs } of STAGES) {
    const pids = processesIn(place)
    if (pids.length === 0) break
    log.warn({ pids, signal, directory: place.dataDirectory }, 'stopping the PostgreSQL that an earlier run left behind')
    // Only the postmaster takes a fast shutdown for the whole cluster; a signal to a backend would cancel one query.
    const postmaster = readPidFile(place.dataDirectory)
    const targets = signal === 'SIGINT' && postmaster !== undefined && pids.includes(postmaster) ? [postmaster] : pids
    for (const pid of targets) signalProcess(pid, signal)
    await waitUntilGone(place, waitMs)
  }
  const left = processesIn(place)
  if (left.length > 0) throw relationalErrors.STOP_FAILED({ pids: left, directory: place.dataDirectory })
  // Nobody lives here, so these are stale whatever process has the number in them now: PostgreSQL itself would believe
  // a stranger's, and even that of a zombie that nobody has reaped.
  rmSync(join(place.dataDirectory, 'postmaster.pid'), { force: true })
  for (const name of readdirSync(place.socketDirectory)) if (name.startsWith('.s.PGSQL.')) rmSync(join(place.socketDirectory, name), { force: true })
}

/** Processes of the cluster: of its account, with its data directory as working directory. */
export function processesIn(place: Place): number[] {
  const pids: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      if (statSync(`/proc/${entry}`).uid === place.account.uid && readlinkSync(`/proc/${entry}/cwd`) === place.dataDirectory && isPostgres(entry)) pids.push(Number(entry))
    } catch {
      // It ended meanwhile, or is not ours to look at and so not of our account.
    }
  }
  return pids
}

function isPostgres(pid: string): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
}

function readPidFile(dataDirectory: string): number | undefined {
  try {
    const [pid] = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n')
    return Number(pid) > 1 ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

async function waitUntilGone(place: Place, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs
  while (processesIn(place).length > 0 && performance.now() < deadline) await sleep(50)
}
