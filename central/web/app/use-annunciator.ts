import { useCallback, useEffect, useRef, useState } from 'react'
import { useAlarms } from '../alarms/alarms.tsx'
import { Siren, type SirenState } from '../alarms/siren.ts'
import { MUTE_MS, newcomersOf, planSound, SILENT } from '../alarms/siren-plan.ts'
import { rankOf } from '../alarms/levels.ts'
import type { AlarmItem } from '../api/contract.ts'
import { keep, recall } from '../ui/browser-memory.ts'

const TICK_MS = 500
// Each look goes through all alarms that call; in a flood not every event is worth one.
const SHORTEST_LOOK_MS = 100

/** The sound of the page. */
export interface Annunciator {
  readonly sound: SirenState | 'off'
  /** By the browser's clock; in the past when nothing is muted. */
  readonly mutedUntilMs: number
  readonly mute: () => void
  readonly unmute: () => void
  readonly turnOff: () => void
  readonly turnOn: () => void
}

/** Sounds for the alarms that call, and tells `onNews` of those that nobody was told of, a flood at a time. */
export function useAnnunciator(onNews: (alarms: readonly AlarmItem[]) => void): Annunciator {
  const { book } = useAlarms()
  const [isOff, setIsOff] = useState(() => recall('sound') === 'off')
  const [mutedUntilMs, setMutedUntilMs] = useState(readMute)
  const { siren, state } = useSiren(!isOff)
  const memory = useRef(SILENT)

  useEffect(() => {
    let lookedMs = Number.NEGATIVE_INFINITY
    const look = () => {
      lookedMs = Date.now()
      const plan = planSound(book.calling, memory.current, { nowMs: Date.now(), canSound: !isOff && siren.current?.state === 'ready', mutedUntilMs })
      memory.current = plan.memory
      if (plan.play) siren.current?.play(plan.play)
    }
    look()
    // At each change, because the timers of a page in the background run rarely.
    const stopWatching = book.watchInstantly(() => {
      if (Math.abs(Date.now() - lookedMs) >= SHORTEST_LOOK_MS) look()
    })
    const timer = setInterval(look, TICK_MS)
    return () => {
      stopWatching()
      clearInterval(timer)
    }
  }, [book, isOff, mutedUntilMs, siren])

  useNews(onNews)

  const setMute = useCallback((untilMs: number) => {
    keep('mutedUntil', String(untilMs))
    setMutedUntilMs(untilMs)
  }, [])
  const turn = useCallback(
    (choice: 'on' | 'off') => {
      keep('sound', choice)
      setIsOff(choice === 'off')
      if (choice === 'on') siren.current?.unlock()
    },
    [siren],
  )
  return {
    sound: isOff ? 'off' : state,
    mutedUntilMs,
    mute: () => setMute(Date.now() + MUTE_MS),
    unmute: () => setMute(0),
    turnOff: () => turn('off'),
    turnOn: () => {
      setMute(0)
      turn('on')
    },
  }
}

// Any gesture unlocks the sound, for who wants it should not have to look for the button.
function useSiren(isWanted: boolean) {
  const siren = useRef<Siren>(undefined)
  const [state, setState] = useState<SirenState>('locked')
  useEffect(() => {
    const made = new Siren(setState)
    siren.current = made
    return () => {
      siren.current = undefined
      made.close()
    }
  }, [])
  useEffect(() => {
    if (!isWanted || state !== 'locked') return undefined
    const unlock = () => siren.current?.unlock()
    window.addEventListener('pointerdown', unlock)
    window.addEventListener('keydown', unlock)
    return () => {
      window.removeEventListener('pointerdown', unlock)
      window.removeEventListener('keydown', unlock)
    }
  }, [isWanted, state])
  return { siren, state }
}

// What was open when the page came is no news; the bar shows it.
function useNews(onNews: (alarms: readonly AlarmItem[]) => void): void {
  const { book, state } = useAlarms()
  const told = useRef<ReadonlyMap<string, number>>(undefined)
  useEffect(() => {
    if (state !== 'known') return undefined
    told.current ??= ranksOf(book.calling)
    const look = () => {
      const fresh = newcomersOf(book.calling, told.current ?? new Map())
      told.current = ranksOf(book.calling)
      if (fresh.length > 0) onNews(fresh)
    }
    look()
    return book.watch(look)
  }, [book, onNews, state])
}

function ranksOf(alarms: readonly AlarmItem[]): ReadonlyMap<string, number> {
  return new Map(alarms.map(({ id, level }) => [id, rankOf(level)]))
}

function readMute(): number {
  const untilMs = Number(recall('mutedUntil'))
  // A clock that was set back must not mute for days.
  return untilMs - Date.now() <= MUTE_MS ? untilMs : 0
}
