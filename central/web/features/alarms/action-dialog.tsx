import { CodedError } from '@orewatch/core'
import { Form, Input, Modal, Select } from 'antd'
import type { ReactNode } from 'react'
import { CAUSE_NAMES } from '../../alarms/levels.ts'
import { ALARM_CAUSES, type AlarmAction, type AlarmCause, type AlarmItem } from '../../api/contract.ts'
import { serverTime } from '../../api/server-time.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { Failure } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { useActOnAlarm } from './queries.ts'
import { texts } from './texts.ts'

const MINUTE_MS = 60_000
/** For how long an alarm may be shelved, in minutes; central allows eight hours at most. */
const SHELVE_MINUTES = [15, 30, 60, 120, 240, 480] as const
// The time of central is known here to a second or two, and it refuses what lies beyond its longest.
const CLOCK_MARGIN_MS = 5_000

/** What is typed into the dialog; which of it is asked for depends on the action. */
interface Typed {
  readonly note?: string
  readonly cause?: AlarmCause
  readonly minutes?: number
}

/** Asks for what an action needs and does it to the alarm as it was when the dialog was opened. */
export function ActionDialog({
  kind,
  seen,
  onClose,
  onStale,
}: {
  readonly kind: AlarmAction['kind']
  readonly seen: AlarmItem
  readonly onClose: () => void
  readonly onStale: (err: unknown) => void
}): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const act = useActOnAlarm(seen)
  const [form] = Form.useForm<Typed>()
  const submit = (typed: Typed) =>
    act.mutate(toAction(kind, typed, serverTime.nowMs()), {
      onSuccess: onClose,
      onError: (err) => {
        if (isStale(err)) onStale(err)
      },
    })
  return (
    <Modal
      open
      title={`${t[kind]} · ${seen.rule[language]}`}
      okText={t.submit}
      cancelText={t.cancel}
      confirmLoading={act.isPending}
      mask={{ closable: false }}
      onCancel={onClose}
      onOk={() => form.submit()}
    >
      <Form<Typed> form={form} layout="vertical" initialValues={{ minutes: SHELVE_MINUTES[1] }} onFinish={submit}>
        {kind === 'explain' && (
          <Form.Item name="cause" label={t.cause} rules={[{ required: true, message: t.causeRequired }]}>
            <Select options={ALARM_CAUSES.map((value) => ({ value, label: CAUSE_NAMES[value][language] }))} />
          </Form.Item>
        )}
        {kind === 'shelve' && (
          <Form.Item name="minutes" label={t.shelveFor} extra={t.shelveHint}>
            <Select options={SHELVE_MINUTES.map((value) => ({ value, label: value < 60 ? t.minutes(value) : t.hours(value / 60) }))} />
          </Form.Item>
        )}
        <Form.Item name="note" label={noteLabel(kind, t)} rules={kind === 'acknowledge' ? [] : [{ required: true, whitespace: true, message: t.required }]}>
          <Input.TextArea rows={3} maxLength={500} showCount autoFocus />
        </Form.Item>
      </Form>
      {act.isError && <Failure err={act.error} />}
    </Modal>
  )
}

/** Whether somebody was faster. */
function isStale(err: unknown): boolean {
  return err instanceof CodedError && err.details['serverCode'] === 'ALARM_STALE'
}

function noteLabel(kind: AlarmAction['kind'], t: { readonly noteOptional: string; readonly noteDone: string; readonly noteWhy: string }): string {
  if (kind === 'acknowledge') return t.noteOptional
  return kind === 'explain' ? t.noteDone : t.noteWhy
}

function toAction(kind: AlarmAction['kind'], typed: Typed, nowMs: number): AlarmAction {
  const note = typed.note?.trim() ?? ''
  switch (kind) {
    case 'acknowledge':
      return { kind, ...(note !== '' && { note }) }
    case 'explain':
      return { kind, cause: typed.cause ?? 'real', note }
    case 'shelve':
      return { kind, untilMs: Math.floor(nowMs + (typed.minutes ?? SHELVE_MINUTES[0]) * MINUTE_MS - CLOCK_MARGIN_MS), note }
    default:
      return { kind, note }
  }
}
