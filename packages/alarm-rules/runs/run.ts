import { Q } from '@orewatch/core'
import type { Ladder } from '../ladder.ts'

/** One rule at work on one point: takes its samples in event time and moves a ladder. */
export interface Run {
  readonly ladder: Ladder
  /** A value that counts: Q 0, 6 or 7 and finite. */
  good(t: number, value: number, quality: number): void
  /** Anything else; the value may be NaN. */
  bad(t: number, value: number, quality: number): void
  /** Event time has passed `nowMs` without a sample. */
  due(nowMs: number): void
  /** What it remembers besides its ladder, as plain JSON. */
  save(): unknown
  restore(saved: unknown): void
}

/** Calibration and a filed stop are no readings of the mine: rules pause, nothing begins and nothing ends. */
export function isSuspending(quality: number): boolean {
  return quality === Q.calibrating || quality === Q.outOfService
}
