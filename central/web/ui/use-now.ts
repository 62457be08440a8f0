import { useSyncExternalStore } from 'react'
import { serverTime } from '../api/server-time.ts'

/** The time at central in UTC milliseconds, moving once a second; all ages on a page move together. */
export function useNow(): number {
  return useSyncExternalStore(ticker.watch, ticker.read)
}

const ticker = createTicker()

function createTicker() {
  const listeners = new Set<() => void>()
  let nowMs = serverTime.nowMs()
  let timer: ReturnType<typeof setInterval> | undefined

  const tick = () => {
    nowMs = serverTime.nowMs()
    for (const listener of listeners) listener()
  }
  return {
    read: () => nowMs,
    watch: (listener: () => void) => {
      listeners.add(listener)
      timer ??= setInterval(tick, 1_000)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}
