import { useLanguage } from './preferences.tsx'

/** A text, or a function that makes one. */
type Entry = string | ((...args: never[]) => string)

type Widen<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] }

/** One dictionary in both languages. */
export interface Texts<T> {
  readonly zh: Widen<T>
  readonly en: Widen<T>
}

/** Declares a dictionary; a key missing in English, or one too many, does not compile. */
export function defineTexts<const T extends Readonly<Record<string, Entry>>>(zh: T, en: Widen<T>): Texts<T> {
  return { zh: zh as Widen<T>, en }
}

/** The dictionary in the language of this person. */
export function useTexts<T>(texts: Texts<T>): Widen<T> {
  return texts[useLanguage()]
}
