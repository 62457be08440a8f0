import { Button, Result } from 'antd'
import type { ReactNode } from 'react'
import { defineTexts, useTexts } from '../ui/texts.ts'

const texts = defineTexts(
  { broken: '这个页面出错了', hint: '数据仍在正常采集和保存，只是本页无法显示。请重新载入；若再次出现，请把下面的文字交给维护人员。', reload: '重新载入' },
  {
    broken: 'This page has failed',
    hint: 'Data is still collected and stored; only this page cannot be shown. Reload it; if it happens again, hand the text below to your maintainers.',
    reload: 'Reload',
  },
)

/** Instead of a page whose program failed, or whose files an update has replaced. */
export function BrokenPage({ error }: { readonly error: unknown }): ReactNode {
  const t = useTexts(texts)
  return (
    <Result
      status="error"
      title={t.broken}
      subTitle={t.hint}
      extra={
        <>
          <Button type="primary" onClick={() => window.location.reload()}>
            {t.reload}
          </Button>
          <p className="ow-mono ow-muted">{error instanceof Error ? error.message : String(error)}</p>
        </>
      }
    />
  )
}
