import { ReloadOutlined } from '@ant-design/icons'
import type { UseQueryResult } from '@tanstack/react-query'
import { Alert, Button, Empty, Skeleton } from 'antd'
import type { ReactNode } from 'react'
import { explainFailure } from './failure.tsx'
import { useLanguage } from './preferences.tsx'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({ loading: '正在加载', retry: '重试', old: '刷新失败，显示的是此前的数据。' }, { loading: 'Loading', retry: 'Try again', old: 'Refreshing failed; what you see is older.' })

/** Shows a query in its four states: loading, error, empty, filled. With old data an error is a line above it. */
export function QueryView<T>(props: {
  readonly query: UseQueryResult<T>
  readonly isEmpty?: (content: T) => boolean
  readonly emptyText: string
  readonly children: (content: T) => ReactNode
}): ReactNode {
  const { query, isEmpty, emptyText, children } = props
  const t = useTexts(texts)
  if (query.data === undefined) {
    if (query.isError) return <Failure err={query.error} onRetry={() => void query.refetch()} />
    return (
      <div className="ow-panel ow-pad" role="status" aria-label={t.loading} data-state="loading">
        <Skeleton active paragraph={{ rows: 8 }} />
      </div>
    )
  }
  if (isEmpty?.(query.data))
    return (
      <div className="ow-panel ow-pad" data-state="empty">
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={emptyText} />
      </div>
    )
  return (
    <>
      {query.isError && <Failure err={query.error} note={t.old} onRetry={() => void query.refetch()} />}
      {children(query.data)}
    </>
  )
}

/** What went wrong, in words, with a way to try again. */
export function Failure({ err, note, onRetry }: { readonly err: unknown; readonly note?: string; readonly onRetry?: () => void }): ReactNode {
  const language = useLanguage()
  const t = useTexts(texts)
  const { sentence, code, detail } = explainFailure(err, language)
  return (
    <Alert
      className="ow-failure"
      data-state="error"
      role="alert"
      type={note ? 'warning' : 'error'}
      showIcon
      title={note ? `${note} ${sentence}` : sentence}
      description={
        <span className="ow-muted">
          {detail ? `${detail} · ` : ''}
          <code>{code}</code>
        </span>
      }
      action={
        onRetry && (
          <Button size="small" icon={<ReloadOutlined />} onClick={onRetry}>
            {t.retry}
          </Button>
        )
      }
    />
  )
}
