import { Link } from '@tanstack/react-router'
import { Form, Input, Modal, Result } from 'antd'
import { type ReactNode, useState } from 'react'
import type { Adoption, AdoptionResult, QuarantineItem } from '../../api/contract.ts'
import { useLanguage } from '../../ui/preferences.tsx'
import { Failure } from '../../ui/query-view.tsx'
import { useTexts } from '../../ui/texts.ts'
import { type CodeVerdict, explainPointCode, unitOfCode } from './explain-code.ts'
import { useAdopt } from './queries.ts'
import { texts } from './texts.ts'

/** Asks for the point that a refused series belongs to, and says what became of its samples. */
export function AdoptDialog({ item, onClose }: { readonly item: QuarantineItem; readonly onClose: () => void }): ReactNode {
  const t = useTexts(texts)
  const adopt = useAdopt(item.id)
  const [form] = Form.useForm<Adoption>()
  const isDone = adopt.data !== undefined
  return (
    <Modal
      open
      width={620}
      title={`${t.dialog} · ${item.device} / ${item.metric}`}
      okText={isDone ? t.close : t.submit}
      cancelText={t.cancel}
      cancelButtonProps={isDone ? { style: { display: 'none' } } : {}}
      confirmLoading={adopt.isPending}
      mask={{ closable: false }}
      onCancel={onClose}
      onOk={() => (isDone ? onClose() : form.submit())}
    >
      {adopt.data ? <Adopted result={adopt.data} /> : <AdoptForm form={form} item={item} onSubmit={(adoption) => adopt.mutate(adoption)} />}
      {adopt.isError && <Failure err={adopt.error} />}
    </Modal>
  )
}

function AdoptForm({
  form,
  item,
  onSubmit,
}: {
  readonly form: ReturnType<typeof Form.useForm<Adoption>>[0]
  readonly item: QuarantineItem
  readonly onSubmit: (adoption: Adoption) => void
}): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const [code, setCode] = useState('')
  const verdict = explainPointCode(code)
  const unit = unitOfCode(code)
  return (
    <Form<Adoption>
      form={form}
      layout="vertical"
      initialValues={{ pointCode: '', name: item.metric, unit: '' }}
      onValuesChange={(changed: Partial<Adoption>) => {
        if (changed.pointCode !== undefined) setCode(changed.pointCode.trim())
      }}
      onFinish={({ pointCode, name, unit: typed }) => onSubmit({ pointCode: pointCode.trim(), name: name.trim(), ...(typed?.trim() ? { unit: typed.trim() } : {}) })}
    >
      <Form.Item
        name="pointCode"
        label={t.code}
        extra={<CodeParts verdict={verdict} hint={t.codeHint} />}
        rules={[
          {
            validator: (_, value: string) => {
              const { fault } = explainPointCode(value.trim())
              return fault ? Promise.reject(new TypeError(fault[language])) : Promise.resolve()
            },
          },
        ]}
      >
        <Input className="ow-mono" inputMode="numeric" maxLength={24} autoFocus autoComplete="off" />
      </Form.Item>
      <Form.Item name="name" label={t.name} rules={[{ required: true, whitespace: true, message: t.needName }]}>
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item
        name="unit"
        label={t.unit}
        extra={unit && t.unitHint(unit)}
        rules={[
          { warningOnly: true, validator: (_, typed: string | undefined) => (unit && typed?.trim() && typed.trim() !== unit ? Promise.reject(new TypeError(t.unitDiffers(unit))) : Promise.resolve()) },
        ]}
      >
        <Input placeholder={unit ?? ''} maxLength={20} />
      </Form.Item>
    </Form>
  )
}

function CodeParts({ verdict, hint }: { readonly verdict: CodeVerdict; readonly hint: string }): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const typed = verdict.parts.filter((part) => part.text !== '')
  if (typed.length === 0) return hint
  return (
    <ol className="ow-code-parts" aria-live="polite">
      {typed.map((part) => (
        <li key={part.id} className={part.isWrong ? 'ow-wrong' : ''}>
          <code>{part.text}</code>
          <span>{t[part.id]}</span>
          {part.meaning && !part.isWrong && <b>{part.meaning[language]}</b>}
          {part.isWrong && <b>✗</b>}
        </li>
      ))}
    </ol>
  )
}

function Adopted({ result }: { readonly result: AdoptionResult }): ReactNode {
  const t = useTexts(texts)
  return (
    <Result
      status={result.conflicts > 0 ? 'warning' : 'success'}
      title={t.done(result.stored)}
      subTitle={result.conflicts > 0 ? t.conflicts(result.conflicts) : t.noConflicts}
      extra={
        <Link to="/points/$pointCode" params={{ pointCode: result.point.pointCode }}>
          {t.toTrend}
        </Link>
      }
    />
  )
}
