import { type RefObject, useEffect, useRef, useState } from 'react'

/** The height in pixels that an element was given by its surroundings, followed as the window changes. */
export function useFillHeight<T extends HTMLElement>(firstPx: number): { readonly ref: RefObject<T | null>; readonly heightPx: number } {
  const ref = useRef<T>(null)
  const [heightPx, setHeightPx] = useState(firstPx)
  useEffect(() => {
    if (!ref.current) return undefined
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setHeightPx(Math.round(entry.contentRect.height))
    })
    observer.observe(ref.current)
    return () => observer.disconnect()
  }, [])
  return { ref, heightPx }
}
