import { SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { AutoComplete, Input } from 'antd'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { api } from '../api/client.ts'
import { defineTexts, useTexts } from '../ui/texts.ts'

const texts = defineTexts({ label: '查找测点', hint: '测点名称或编码', nothing: '没有匹配的测点' }, { label: 'Find a point', hint: 'Point name or code', nothing: 'No such point' })

// Shorter than this, everything matches.
const SHORTEST_QUERY = 2

/** Goes to a point by a part of its name or code. */
export function PointFinder(): ReactNode {
  const t = useTexts(texts)
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const q = useDeferredValue(typed.trim())
  const found = useQuery({
    queryKey: ['find-points', q],
    queryFn: ({ signal }) => api.findPoints(q, 12, signal),
    enabled: q.length >= SHORTEST_QUERY,
    staleTime: 10_000,
  })
  const options = (found.data?.items ?? []).map((point) => ({
    value: point.pointCode,
    label: (
      <span className="ow-finder-row">
        <span>{point.name}</span>
        <code>{point.pointCode}</code>
      </span>
    ),
  }))
  return (
    <AutoComplete
      className="ow-finder"
      value={typed}
      options={options}
      notFoundContent={found.isSuccess ? t.nothing : null}
      onChange={setTyped}
      onSelect={(pointCode) => {
        setTyped('')
        void navigate({ to: '/points/$pointCode', params: { pointCode } })
      }}
    >
      <Input aria-label={t.label} placeholder={t.hint} prefix={<SearchOutlined />} allowClear />
    </AutoComplete>
  )
}
