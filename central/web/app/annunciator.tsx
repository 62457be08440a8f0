import { BellOutlined, CheckCircleOutlined, MutedOutlined, SoundOutlined, WarningFilled } from '@ant-design/icons'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { type ReactNode, useCallback, useState } from 'react'
import { alarmLine } from '../alarms/alarm-words.ts'
import { useAlarms, useOpenAlarms } from '../alarms/alarms.tsx'
import { countByLevel, isCalling, LEVEL_NAMES, LEVELS_DOWN } from '../alarms/levels.ts'
import { LevelMark } from '../alarms/marks.tsx'
import type { AlarmItem } from '../api/contract.ts'
import { serverTime } from '../api/server-time.ts'
import { useLive } from '../live/live.tsx'
import { useLanguage } from '../ui/preferences.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { formatSpan } from '../ui/time.ts'
import { useNow } from '../ui/use-now.ts'
import { isNotificationAsked, notify, useNotificationPermission } from './notification.ts'
import { type Annunciator as Sound, useAnnunciator } from './use-annunciator.ts'

const texts = defineTexts(
  {
    label: '告警提示',
    unacknowledged: (count: number) => `${count} 条告警未签收`,
    none: '没有未签收的告警',
    openRest: (count: number) => `另有 ${count} 条未恢复`,
    reading: '正在读取告警',
    failed: '读不到告警清单，告警可能不全',
    notLive: '告警可能不全：与中心的连接已断开，恢复后自动重新读取',
    overflow: '告警过多，未全部显示',
    look: '查看',
    enable: '点击启用声音',
    mute: '静音 5 分钟',
    muted: (span: string) => `已静音，${span}后恢复`,
    unmute: '取消静音',
    turnOff: '关闭声音',
    turnOn: '声音已关闭，点击打开',
    missing: '此浏览器不能发声',
    notify: '开启桌面通知',
    denied: '桌面通知被浏览器禁止',
    news: (line: string, count: number) => (count > 1 ? `新告警 ${count} 条，最高：${line}` : `新告警：${line}`),
  },
  {
    label: 'Alarm annunciator',
    unacknowledged: (count: number) => `${count} ${count === 1 ? 'alarm' : 'alarms'} to sign for`,
    none: 'No alarm to sign for',
    openRest: (count: number) => `${count} more not over`,
    reading: 'Reading the alarms',
    failed: 'The list of alarms cannot be read; some may be missing',
    notLive: 'Alarms may be missing: the connection to central is down; they are read again when it is back',
    overflow: 'Too many alarms; not all are shown',
    look: 'Look',
    enable: 'Click to enable sound',
    mute: 'Mute for 5 min',
    muted: (span: string) => `muted, back in ${span}`,
    unmute: 'Unmute',
    turnOff: 'Sound off',
    turnOn: 'Sound is off; click to turn it on',
    missing: 'This browser cannot sound',
    notify: 'Allow desktop notifications',
    denied: 'The browser forbids desktop notifications',
    news: (line: string, count: number) => (count > 1 ? `${count} new alarms, the most severe: ${line}` : `New alarm: ${line}`),
  },
)

/** What a person hears of: the most severe of some new alarms in words. */
interface News {
  readonly words: string
  readonly isUrgent: boolean
}

/** The bar on every page that calls for a signature: how many, how severe, by colour, shape, word and sound. */
export function Annunciator(): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const navigate = useNavigate()
  const [news, setNews] = useState<News>()
  const onNews = useCallback(
    (alarms: readonly AlarmItem[]) => {
      const worst = LEVELS_DOWN.map((level) => alarms.find((alarm) => alarm.level === level)).find((alarm) => alarm !== undefined)
      if (!worst) return
      const words = t.news(`${LEVEL_NAMES[worst.level][language]} ${alarmLine(worst, language)}`, alarms.length)
      setNews({ words, isUrgent: worst.level === 'red' })
      notify(words, () => void navigate({ to: '/alarms/$id', params: { id: worst.id } }))
    },
    [language, navigate, t],
  )
  const sound = useAnnunciator(onNews)
  const calling = useOpenAlarms().filter(isCalling)
  const [highest] = countByLevel(calling)
  return (
    <section className={`ow-annunciator ow-annunciator-${highest?.level ?? 'calm'}`} aria-label={t.label} data-calling={calling.length}>
      <Standing calling={calling} />
      <SoundControls sound={sound} />
      <NotificationControl />
      <span className="ow-unseen" role="status" aria-live="polite">
        {news?.isUrgent === false && news.words}
      </span>
      <span className="ow-unseen" role="alert" aria-live="assertive">
        {news?.isUrgent === true && news.words}
      </span>
    </section>
  )
}

function Standing({ calling }: { readonly calling: readonly AlarmItem[] }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const { book, state } = useAlarms()
  const { state: live } = useLive()
  const isAnyOpen = book.open.length > 0
  const rest = book.open.filter((alarm) => alarm.isActive).length - calling.filter((alarm) => alarm.isActive).length
  const levels = countByLevel(calling)
  // Of the most severe level: a newer blue one must not take the place of a red one.
  const newest = calling.find(({ level }) => level === levels[0]?.level)
  return (
    <div className="ow-annunciator-words">
      {newest ? (
        <>
          <Link to="/alarms" search={{ tab: 'unacknowledged' }} className="ow-annunciator-count">
            {t.unacknowledged(calling.length)}
          </Link>
          {levels.map(({ level, count }) => (
            <LevelMark key={level} level={level} count={count} />
          ))}
          <Link to="/alarms/$id" params={{ id: newest.id }} className="ow-annunciator-newest">
            {alarmLine(newest, language)}
          </Link>
        </>
      ) : (
        <span className="ow-muted">
          {state === 'known' ? (
            <>
              <CheckCircleOutlined /> {t.none}
            </>
          ) : (
            state === 'reading' && t.reading
          )}
        </span>
      )}
      {isAnyOpen && rest > 0 && <span className="ow-muted">{t.openRest(rest)}</span>}
      <Doubt isLive={live.kind !== 'down'} isFailed={state === 'failed'} hasOverflowed={book.hasOverflowed} />
    </div>
  )
}

// Whoever looks at this bar must not take silence for safety.
function Doubt({ isLive, isFailed, hasOverflowed }: { readonly isLive: boolean; readonly isFailed: boolean; readonly hasOverflowed: boolean }): ReactNode {
  const t = useTexts(texts)
  const words = isLive ? (isFailed ? t.failed : hasOverflowed ? t.overflow : undefined) : t.notLive
  if (words === undefined) return null
  return (
    <strong role="alert" className="ow-trouble" data-doubt>
      <WarningFilled /> {words}
    </strong>
  )
}

function SoundControls({ sound }: { readonly sound: Sound }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  // The browser's own clock: a mute is kept by it and compared with nothing of central.
  const leftMs = sound.mutedUntilMs - (useNow() - serverTime.offsetMs)
  if (sound.sound === 'missing')
    return (
      <span className="ow-muted" data-sound="missing">
        {t.missing}
      </span>
    )
  if (sound.sound === 'off')
    return (
      <Button type="link" icon={<MutedOutlined />} data-sound="off" onClick={sound.turnOn}>
        {t.turnOn}
      </Button>
    )
  if (sound.sound === 'locked')
    return (
      <Button type="primary" danger icon={<SoundOutlined />} data-sound="locked" onClick={sound.turnOn}>
        {t.enable}
      </Button>
    )
  return (
    <span className="ow-annunciator-sound" data-sound={leftMs > 0 ? 'muted' : 'on'}>
      {leftMs > 0 ? (
        <>
          <strong className="ow-tone-stale">
            <MutedOutlined /> {t.muted(formatSpan(leftMs, language))}
          </strong>
          <Button onClick={sound.unmute}>{t.unmute}</Button>
        </>
      ) : (
        <Button icon={<SoundOutlined />} onClick={sound.mute}>
          {t.mute}
        </Button>
      )}
      <Button type="link" onClick={sound.turnOff}>
        {t.turnOff}
      </Button>
    </span>
  )
}

function NotificationControl(): ReactNode {
  const t = useTexts(texts)
  const { permission, ask } = useNotificationPermission()
  if (permission === 'default')
    return (
      <Button type="link" icon={<BellOutlined />} onClick={ask}>
        {t.notify}
      </Button>
    )
  return permission === 'denied' && isNotificationAsked() ? <span className="ow-muted">{t.denied}</span> : null
}

/** How many alarms call for a signature, for the navigation; nothing when none does. */
export function AlarmBadge(): ReactNode {
  const language = useLanguage()
  const calling = useOpenAlarms().filter(isCalling)
  const [highest] = countByLevel(calling)
  if (!highest) return null
  return (
    <span className={`ow-alarm-badge ow-level-${highest.level}`} data-badge={calling.length} title={LEVEL_NAMES[highest.level][language]}>
      {calling.length > 999 ? '999+' : calling.length}
    </span>
  )
}
