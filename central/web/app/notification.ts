import { useState } from 'react'
import { keep, recall } from '../ui/browser-memory.ts'

/** Whether this browser may notify; `missing` where it cannot, as on a page without https. */
export type Permission = NotificationPermission | 'missing'

function readPermission(): Permission {
  return typeof Notification === 'undefined' || !window.isSecureContext ? 'missing' : Notification.permission
}

/** The permission to notify, and how to ask for it; ask from a click only, browsers punish anything else. */
export function useNotificationPermission(): { readonly permission: Permission; readonly ask: () => void } {
  const [permission, setPermission] = useState<Permission>(readPermission)
  const ask = () => {
    keep('notificationAsked', 'yes')
    void Notification.requestPermission().then(setPermission)
  }
  return { permission, ask }
}

/** Whether somebody asked for notifications in this browser. */
export function isNotificationAsked(): boolean {
  return recall('notificationAsked') === 'yes'
}

/** Shows one notification where that is permitted; a later one takes its place, so that a flood leaves one. */
export function notify(words: string, onOpen: () => void): void {
  if (readPermission() !== 'granted') return
  try {
    const shown = new Notification(words, { tag: 'orewatch-alarm', icon: '/icon.svg' })
    shown.addEventListener('click', () => {
      window.focus()
      onOpen()
      shown.close()
    })
  } catch {
    // Some browsers know the class and forbid its use; sound and bar remain.
  }
}
