import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { keep, recall } from './browser-memory.ts'

/** Languages of the portal; Chinese comes first. */
export type Language = 'zh' | 'en'

/** `system` follows the desktop. */
export type ThemeChoice = 'system' | 'light' | 'dark'

/** How this person wants the portal. Kept in the browser. */
export interface Preferences {
  readonly language: Language
  readonly themeChoice: ThemeChoice
  readonly isDark: boolean
  readonly setLanguage: (language: Language) => void
  readonly setThemeChoice: (choice: ThemeChoice) => void
}

const PreferencesContext = createContext<Preferences | undefined>(undefined)

/** Gives preferences to everything inside and marks the document with language and theme. */
export function PreferencesProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [language, setLanguage] = useState<Language>(() => (recall('language') === 'en' ? 'en' : 'zh'))
  const [themeChoice, setThemeChoice] = useState<ThemeChoice>(() => readThemeChoice(recall('theme')))
  const isSystemDark = useSyncExternalStore(watchSystemTheme, () => window.matchMedia(DARK_QUERY).matches)
  const isDark = themeChoice === 'system' ? isSystemDark : themeChoice === 'dark'

  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
  }, [language, isDark])

  const preferences = useMemo<Preferences>(
    () => ({
      language,
      themeChoice,
      isDark,
      setLanguage: (chosen) => {
        keep('language', chosen)
        setLanguage(chosen)
      },
      setThemeChoice: (chosen) => {
        keep('theme', chosen)
        setThemeChoice(chosen)
      },
    }),
    [language, themeChoice, isDark],
  )
  return <PreferencesContext value={preferences}>{children}</PreferencesContext>
}

/** The preferences of this person; Chinese and light where no provider stands around. */
export function usePreferences(): Preferences {
  return useContext(PreferencesContext) ?? DEFAULTS
}

/** The language of this person. */
export function useLanguage(): Language {
  return usePreferences().language
}

const DEFAULTS: Preferences = { language: 'zh', themeChoice: 'system', isDark: false, setLanguage: () => undefined, setThemeChoice: () => undefined }
const DARK_QUERY = '(prefers-color-scheme: dark)'

function watchSystemTheme(onChange: () => void): () => void {
  const query = window.matchMedia(DARK_QUERY)
  query.addEventListener('change', onChange)
  return () => query.removeEventListener('change', onChange)
}

function readThemeChoice(kept: string | null): ThemeChoice {
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}
