import { CheckCircleFilled, ClockCircleFilled, CloseCircleFilled, QuestionCircleOutlined } from '@ant-design/icons'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { StageId, Way } from '../../api/contract.ts'
import { useLive, useLiveMine } from '../../live/live.tsx'
import { useMineName } from '../../reading/mine-name.ts'
import { Age, QualityTag, ReadingValue, useLatest } from '../../reading/reading.tsx'
import { PageHead } from '../../ui/page-head.tsx'
import { useLanguage } from '../../ui/preferences.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { formatTime } from '../../ui/time.ts'
import { useNow } from '../../ui/use-now.ts'
import { Chain } from './chain.tsx'
import { useWay } from './queries.ts'
import { texts } from './texts.ts'
import { type ChainLink, toChain } from './to-chain.ts'

/** Answers "where has my value stopped?" for one point, stage by stage. */
export function WayPage(): ReactNode {
  const { pointCode } = useParams({ from: '/shell/points/$pointCode/way' })
  const t = useTexts(texts)
  const way = useWay(pointCode)
  return (
    <QueryView query={way} emptyText={t.empty} isEmpty={(content) => content.stages.length === 0}>
      {(content) => <Filled key={pointCode} way={content} />}
    </QueryView>
  )
}

function Filled({ way }: { readonly way: Way }): ReactNode {
  const t = useTexts(texts)
  const { state } = useLive()
  const { point } = way
  const mineName = useMineName(point.subjectCode)
  const links = toChain(way, { isLive: state.kind !== 'down' })
  return (
    <>
      <PageHead
        trail={
          <>
            <Link to="/">{t.overview}</Link> /{' '}
            <Link to="/mines/$subjectCode" params={{ subjectCode: point.subjectCode }}>
              {mineName}
            </Link>{' '}
            /{' '}
            <Link to="/points/$pointCode" params={{ pointCode: point.pointCode }}>
              {point.name}
            </Link>
          </>
        }
        title={
          <>
            {t.title}{' '}
            <small>
              {point.name} · {point.pointCode}
            </small>
          </>
        }
        extra={<span className="ow-muted">{t.refreshed(formatTime(way.nowMs))}</span>}
      />
      <Verdict way={way} links={links} />
      <Chain links={links} />
    </>
  )
}

function Verdict({ way, links }: { readonly way: Way; readonly links: readonly ChainLink[] }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const nowMs = useNow()
  const board = useLiveMine(way.point.subjectCode)
  const latest = useLatest(board, way.point)
  const culprit = links.find((link) => link.isCulprit)
  const standing = standingOf(culprit, links)
  const sentence = way.verdict.stage === undefined && culprit ? t.notLive : way.verdict[language]
  return (
    <section className={`ow-verdict ow-verdict-${standing} ow-panel`} aria-label={t.question}>
      <div>
        <p className="ow-muted">{t.question}</p>
        <p className="ow-verdict-words" role="status">
          {VERDICT_ICONS[standing]} {headline(standing, culprit, t)}
        </p>
        <p>{sentence}</p>
      </div>
      <div className="ow-verdict-now ow-data">
        <p className="ow-muted">{t.now}</p>
        <ReadingValue latest={latest} point={way.point} nowMs={nowMs} />
        <div>
          <QualityTag latest={latest} point={way.point} nowMs={nowMs} /> <Age timeMs={latest?.timeMs} nowMs={nowMs} />
        </div>
      </div>
    </section>
  )
}

type VerdictStanding = 'ok' | 'late' | 'broken' | 'open'

const VERDICT_ICONS = { ok: <CheckCircleFilled />, late: <ClockCircleFilled />, broken: <CloseCircleFilled />, open: <QuestionCircleOutlined /> }

function standingOf(culprit: ChainLink | undefined, links: readonly ChainLink[]): VerdictStanding {
  // Central names no stage also when nothing is known yet; only a stored value proves the way.
  if (!culprit) return links.some((link) => link.id === 'store' && link.state === 'ok') ? 'ok' : 'open'
  return culprit.state === 'late' ? 'late' : 'broken'
}

function headline(standing: VerdictStanding, culprit: ChainLink | undefined, t: Words): string {
  if (culprit) return standing === 'late' ? t.slow(t[culprit.id]) : t.stopped(t[culprit.id])
  return standing === 'ok' ? t.flows : t.nothingYet
}

type Words = Pick<(typeof texts)['zh'], 'slow' | 'stopped' | 'flows' | 'nothingYet' | StageId>
