import type { ReactNode } from 'react'
import type { Point } from '../../api/contract.ts'
import { formatValue, isUsable, staleLimitMs } from '../../reading/judgement.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatDateTime, formatSpan } from '../../ui/time.ts'
import { bandName } from './band-name.ts'
import type { TrendContent } from './queries.ts'
import { texts } from './texts.ts'
import { type Band, bandAt, nearestIndex } from './to-series.ts'

// More lines than this are no longer read; the table has them all.
const MOST_LISTED = 8

/** The value, or the reason why there is none, at the moment under the pointer. */
export function Readout({
  content,
  point,
  bands,
  hoverMs,
}: {
  readonly content: TrendContent
  readonly point: Point
  readonly bands: readonly Band[]
  readonly hoverMs: number | undefined
}): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  if (hoverMs === undefined) return <p className="ow-readout ow-muted">{t.readoutHint}</p>
  const band = bandAt(bands, hoverMs)
  return (
    <p className="ow-readout" role="status">
      {t.cursor} <time className="ow-mono">{formatDateTime(hoverMs)}</time> <b>{valueAt(content, point, hoverMs, t)}</b>
      {band && <span className="ow-reason">{bandName(band, language)}</span>}
    </p>
  )
}

/** All bands in words, for those who cannot see the colours or want the exact times. */
export function BandList({ bands }: { readonly bands: readonly Band[] }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  if (bands.length === 0) return <p className="ow-muted ow-bands">{t.noBands}</p>
  const newest = bands.toReversed().slice(0, MOST_LISTED)
  return (
    <section className="ow-bands" aria-label={t.bands}>
      <h3>
        {t.bands} <small>{bands.length}</small>
      </h3>
      <ul>
        {newest.map((band) => (
          <li key={band.fromMs}>
            <i className={`ow-swatch ow-swatch-${band.kind}`} aria-hidden="true" />
            <span>{bandName(band, language)}</span>
            <span className="ow-mono ow-muted">
              {formatDateTime(band.fromMs)} – {formatDateTime(band.toMs)}
            </span>
            <span className="ow-muted">{t.lasting(formatSpan(band.toMs - band.fromMs, language))}</span>
          </li>
        ))}
      </ul>
      {bands.length > MOST_LISTED && <p className="ow-muted">{t.more(bands.length - MOST_LISTED)}</p>}
    </section>
  )
}

function valueAt(content: TrendContent, point: Point, timeMs: number, t: { min: string; mean: string; max: string }): string {
  const unit = point.unit === 'bool' ? '' : ` ${point.unit}`
  const words = (value: number) => formatValue(value, point.sensorType) + unit
  if (content.kind === 'raw') {
    const sample =
      content.samples[
        nearestIndex(
          content.samples.map(([sampleMs]) => sampleMs),
          timeMs,
        )
      ]
    if (!sample) return ''
    const [sampleMs, value, quality] = sample
    const isNear = Math.abs(sampleMs - timeMs) <= staleLimitMs(point.periodMs)
    return isNear && value !== null && isUsable(quality) ? words(value) : '—'
  }
  const bucket = content.buckets.find(({ startMs }) => startMs <= timeMs && timeMs < startMs + content.bucketMs)
  if (!bucket || bucket.mean === null || bucket.min === null || bucket.max === null) return '—'
  return `${t.min} ${words(bucket.min)}  ${t.mean} ${words(bucket.mean)}  ${t.max} ${words(bucket.max)}`
}
