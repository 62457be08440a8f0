import { qualityName, reasonName } from '../../reading/reason-names.ts'
import type { Language } from '../../ui/preferences.tsx'
import { texts } from './texts.ts'
import type { Band } from './to-series.ts'

/** A band in words: the quality with its reason, or that nothing came. */
export function bandName(band: Band, language: Language): string {
  const t = texts[language]
  switch (band.kind) {
    case 'missing':
      return t.missing
    case 'none-good':
      return t.noneGood
    case 'partly-good':
      return t.partlyGood
    case 'quality': {
      const reason = reasonName(band.reason, language)
      const name = `Q${band.quality} ${qualityName(band.quality, language)}`
      return reason ? `${name} · ${reason}` : name
    }
  }
}

/** Short enough to stand inside the band. */
export function bandLabel(band: Band, language: Language): string {
  return band.kind === 'quality' ? qualityName(band.quality, language) : bandName(band, language)
}
