import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutboxFiles } from '../files.ts'
import { FaultFiles } from './fault-files.ts'

/** A disk that is soon full: a real one of tmpfs where this user may mount, otherwise a counted one. */
export interface SmallDisk extends AsyncDisposable {
  readonly directory: string
  readonly files: OutboxFiles
  /** Makes room, as an operator would. */
  enlarge(): void
}

/** Makes a disk of 512 KiB that can grow to 8 MiB. */
export function makeSmallDisk(): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'orewatch-disk-'))
  return mountSmall(directory) ?? countSmall(directory)
}

function mountSmall(directory: string): SmallDisk | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return {
    directory: join(directory, 'outbox'),
    files: new FaultFiles(),
    enlarge: () => {
      execFileSync('mount', ['-o', 'remount,size=8m', directory])
    },
    [Symbol.asyncDispose]: async () => {
      execFileSync('umount', [directory])
      rmSync(directory, { recursive: true })
    },
  }
}

function countSmall(directory: string): SmallDisk {
  const files = new FaultFiles()
  let left = 512 * 1024
  files.fault = (operation, _path, _at, bytes) => {
    if (operation !== 'write') return undefined
    if (bytes > left) return 'ENOSPC'
    left -= bytes
    return undefined
  }
  return {
    directory: join(directory, 'outbox'),
    files,
    enlarge: () => {
      left += 8 * 1024 * 1024
    },
    [Symbol.asyncDispose]: async () => {
      rmSync(directory, { recursive: true })
    },
  }
}
