import { Q, SAMPLE_FLAGS } from '@orewatch/core'

/** Q as exports show it: 7 where it was 0 and the sample was backfilled; the flags beside it tell the two apart. */
export function shownQuality(quality: number, flags: number): number {
  return quality === Q.good && (flags & SAMPLE_FLAGS.backfilled) !== 0 ? Q.backfilled : quality
}
