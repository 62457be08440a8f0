/** Something that waits for its turn on a line. */
export interface Job {
  /** Monotonic ms; within a lane the earliest goes first. */
  readonly deadlineMs: number
  /** Monotonic ms before which it must not go. */
  readonly notBeforeMs: number
}

/**
 * A queue with one lane per device: lanes take turns, so that a device with many reads does not hold up the others;
 * within a lane the earliest deadline goes first. Callers bound what they put in.
 */
export class FairQueue<T extends Job> {
  readonly #lanes = new Map<string, T[]>()
  #order: string[] = []
  #turn = 0

  /** Jobs waiting. */
  get size(): number {
    let size = 0
    for (const lane of this.#lanes.values()) size += lane.length
    return size
  }

  /** Puts a job into a lane. */
  push(lane: string, job: T): void {
    let jobs = this.#lanes.get(lane)
    if (jobs === undefined) {
      jobs = []
      this.#lanes.set(lane, jobs)
      this.#order.push(lane)
    }
    let at = jobs.length
    while (at > 0 && (jobs[at - 1] as T).deadlineMs > job.deadlineMs) at--
    jobs.splice(at, 0, job)
  }

  /** Takes the next job of the next lane that `readyMs` lets through (it returns when the lane may send, monotonic ms). */
  take(nowMs: number, readyMs: (lane: string) => number): T | undefined {
    for (let step = 0; step < this.#order.length; step++) {
      const position = (this.#turn + step) % this.#order.length
      const lane = this.#order[position] as string
      const jobs = this.#lanes.get(lane) as T[]
      if (jobs.length === 0 || readyMs(lane) > nowMs) continue
      const at = jobs.findIndex((job) => job.notBeforeMs <= nowMs)
      if (at < 0) continue
      this.#turn = position + 1
      return jobs.splice(at, 1)[0]
    }
    return undefined
  }

  /** The soonest monotonic time at which something could go; Infinity when nothing waits for time alone. */
  nextMs(readyMs: (lane: string) => number): number {
    let soonest = Number.POSITIVE_INFINITY
    for (const [lane, jobs] of this.#lanes) {
      const laneMs = jobs.length === 0 ? Number.POSITIVE_INFINITY : readyMs(lane)
      for (const job of jobs) soonest = Math.min(soonest, Math.max(laneMs, job.notBeforeMs))
    }
    return soonest
  }

  /** Takes a lane out with everything in it. */
  remove(lane: string): readonly T[] {
    const jobs = this.#lanes.get(lane) ?? []
    this.#lanes.delete(lane)
    this.#order = this.#order.filter((other) => other !== lane)
    return jobs
  }

  /** Empties all lanes. */
  drain(): readonly T[] {
    const all = [...this.#lanes.values()].flat()
    for (const jobs of this.#lanes.values()) jobs.length = 0
    return all
  }
}
