import { Link } from '@tanstack/react-router'
import { Result } from 'antd'
import type { ReactNode } from 'react'
import { defineTexts, useTexts } from '../ui/texts.ts'

const texts = defineTexts({ lost: '没有这个页面', home: '返回县级总览' }, { lost: 'There is no such page', home: 'To the county overview' })

/** For an address that leads nowhere. */
export function LostPage(): ReactNode {
  const t = useTexts(texts)
  return <Result status="404" title={t.lost} extra={<Link to="/">{t.home}</Link>} />
}
