import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const PYTHON = '/usr/bin/python3'

/** Whether pseudo-terminals can be made here: Debian's python3 does it. */
export const HAS_PTY = spawnSync(PYTHON, ['-c', 'import pty']).status === 0

/** A serial port that leads to a TCP port of this machine. */
export interface PtyBridge {
  /** Path of the port; it is gone while it is unplugged. */
  readonly path: string
  /** Pulls the port out. */
  unplug(): Promise<void>
  /** Plugs it in again, under the same path. */
  plug(): Promise<void>
  close(): Promise<void>
}

/** Plugs a serial port in whose other end is a simulator of Modbus RTU over TCP. */
export async function openPtyBridge(port: number): Promise<PtyBridge> {
  const folder = await mkdtemp(join(tmpdir(), 'orewatch-pty-'))
  const path = join(folder, 'tty')
  const child = spawn(PYTHON, [join(import.meta.dirname, 'pty-bridge.py'), '127.0.0.1', String(port), path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  const order = async (word: string): Promise<void> => {
    child.stdin.write(`${word}\n`)
    await lines.next()
  }
  return {
    path,
    unplug: () => order('unplug'),
    plug: () => order('plug'),
    close: async () => {
      const isOver = once(child, 'exit')
      child.kill('SIGKILL')
      await isOver
      await rm(folder, { recursive: true, force: true })
    },
  }
}
