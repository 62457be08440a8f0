import { defineErrors } from '@orewatch/core'

/** What can go wrong between an append and the disk. */
export const outboxErrors = defineErrors('OUTBOX', {
  LOCKED: { retry: 'later', message: 'Another process owns this outbox directory; stop it, or give this gateway a directory of its own.' },
  DISK_FULL: { retry: 'soon', message: 'The disk of the outbox is full; free space there or lower maxBytes. Writing goes on by itself.' },
  READ_ONLY: { retry: 'soon', message: 'The disk of the outbox cannot be written; remount it or give this user the right to write. Writing goes on by itself.' },
  DISK_FAILED: { retry: 'soon', message: 'The disk of the outbox fails; look at the kernel log and replace it. Writing is tried again by itself.' },
  BUSY: { retry: 'soon', message: 'More rows wait in memory than are allowed while the disk cannot take them.' },
  RECORD_TOO_LARGE: { retry: 'never', message: 'A record is larger than the outbox takes.' },
  BAD_FORMAT: { retry: 'never', message: 'An outbox file is not in the format of this program.' },
  CLOSED: { retry: 'never', message: 'The outbox is closed.' },
})

/** The coded error of a failed write, by what the kernel said. */
export function diskError(directory: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
  if (code === 'ENOSPC' || code === 'EDQUOT') return outboxErrors.DISK_FULL({ directory, code }, cause)
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return outboxErrors.READ_ONLY({ directory, code }, cause)
  return outboxErrors.DISK_FAILED({ directory, code }, cause)
}
