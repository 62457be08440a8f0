import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useAlarms } from '../../alarms/alarms.tsx'
import type { AlarmItem } from '../../api/contract.ts'
import { type HeldList, holdOrder } from './to-list.ts'

// A pointer that was left lying on the table must not keep new alarms out of it.
const REST_MS = 20_000

/** A list that stands still while the pointer moves in it or the keyboard is in it. */
export interface HeldRows extends HeldList {
  /** To be put on the element around the rows. */
  readonly hold: { readonly onPointerMove: () => void; readonly onPointerLeave: () => void; readonly onFocus: () => void; readonly onBlur: () => void }
  readonly release: () => void
}

/** Holds the order of rows under a person's hand; after 20 s without a movement it lets go. */
export function useHeldRows(wanted: readonly AlarmItem[]): HeldRows {
  const { book } = useAlarms()
  const [held, setHeld] = useState<readonly AlarmItem[]>()
  const shown = useMemo(() => holdOrder(held, wanted, (id) => book.get(id)), [held, wanted, book])
  const rows = useRef(shown.rows)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    rows.current = shown.rows
  }, [shown])

  const release = useCallback(() => {
    clearTimeout(timer.current)
    setHeld(undefined)
  }, [])
  const grip = useCallback(() => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setHeld(undefined), REST_MS)
    setHeld((before) => before ?? rows.current)
  }, [])
  useEffect(() => () => clearTimeout(timer.current), [])
  return { ...shown, hold: { onPointerMove: grip, onPointerLeave: release, onFocus: grip, onBlur: release }, release }
}
