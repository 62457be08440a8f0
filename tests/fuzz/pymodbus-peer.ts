/* The other Modbus decoder: Debian's pymodbus in one child process, asked in batches over its standard streams. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fuzzErrors } from './errors.ts'
import type { Peer } from './kind.ts'

// Debian's own interpreter: another python3 earlier on the PATH does not see Debian's packages.
const PYTHON = '/usr/bin/python3'
const ANSWER_TIMEOUT_MS = 60_000
const MAX_COMPLAINT_CHARACTERS = 2_000

/** Whether pymodbus is installed. */
export function isPymodbusInstalled(): boolean {
  return spawnSync(PYTHON, ['-c', 'import pymodbus'], { timeout: ANSWER_TIMEOUT_MS }).status === 0
}

/** Starts the decoder; every wait for it is bounded. */
export function startPymodbusPeer(): Peer {
  const child = spawn(PYTHON, [join(import.meta.dirname, 'pymodbus-peer.py')], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-MAX_COMPLAINT_CHARACTERS)
  })
  child.stdin.on('error', () => {})
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(fuzzErrors.PEER_ENDED({}, cause)))
    child.once('exit', (code) => reject(fuzzErrors.PEER_ENDED({ code, complaint })))
  })
  failed.catch(() => {})
  return {
    ask: async (questions) => {
      child.stdin.write(`${JSON.stringify(questions)}\n`)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(fuzzErrors.PEER_ENDED({ waitedMs: ANSWER_TIMEOUT_MS })), ANSWER_TIMEOUT_MS)
      })
      try {
        const line = await Promise.race([lines.next(), failed, late])
        if (line.done === true) throw fuzzErrors.PEER_ENDED({ complaint })
        return JSON.parse(line.value) as unknown[]
      } finally {
        clearTimeout(timer)
      }
    },
    close: async () => {
      const isOver = new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
      })
      child.stdin.end()
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await isOver
    },
  }
}
