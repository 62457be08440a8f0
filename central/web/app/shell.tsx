import { KeyOutlined, LogoutOutlined, UserOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Link, Navigate, Outlet, useNavigate } from '@tanstack/react-router'
import { Button, Dropdown, Spin } from 'antd'
import { type ReactNode, useCallback } from 'react'
import { AlarmsProvider } from '../alarms/alarms.tsx'
import { mayDo } from '../alarms/levels.ts'
import { portalErrors } from '../api/errors.ts'
import type { SessionUser } from '../api/contract.ts'
import { useSession } from '../api/session.ts'
import { LiveProvider, useLive } from '../live/live.tsx'
import { Failure } from '../ui/query-view.tsx'
import { Switches } from '../ui/switches.tsx'
import { defineTexts, useTexts } from '../ui/texts.ts'
import { AlarmBadge, Annunciator } from './annunciator.tsx'
import { LiveBar } from './live-bar.tsx'
import { PointFinder } from './point-finder.tsx'
import { ToLogin, useLogout } from './session.tsx'

const texts = defineTexts(
  {
    product: '矿哨',
    subtitle: '非煤矿山安全监测',
    nav: '主导航',
    overview: '县级总览',
    alarms: '告警',
    quarantine: '隔离区',
    skip: '跳到正文',
    logout: '退出登录',
    password: '修改口令',
    user: '用户',
    all: '全部辖区',
    scope: (code: string) => `辖区 ${code}`,
    loading: '正在加载',
  },
  {
    product: 'Orewatch',
    subtitle: 'Safety monitoring for non-coal mines',
    nav: 'Main navigation',
    overview: 'County overview',
    alarms: 'Alarms',
    quarantine: 'Quarantine',
    skip: 'Skip to content',
    logout: 'Log out',
    password: 'Change the password',
    user: 'User',
    all: 'all jurisdictions',
    scope: (code: string) => `jurisdiction ${code}`,
    loading: 'Loading',
  },
)

/** Everything around a page for somebody who is logged in; without a session it leads to the login. */
export function Shell(): ReactNode {
  const session = useSession()
  const client = useQueryClient()
  const t = useTexts(texts)
  const checkSession = useCallback(() => void client.invalidateQueries({ queryKey: ['session'] }), [client])
  if (session.data?.user.mustChangePassword) return <Navigate to="/password" replace />
  if (session.data) {
    return (
      <LiveProvider onRefused={checkSession}>
        <AlarmsProvider mayRead={mayDo(session.data.user.roles, 'read')}>
          <Frame user={session.data.user} />
        </AlarmsProvider>
      </LiveProvider>
    )
  }
  if (session.isPending)
    return (
      <div className="ow-alone" role="status" aria-label={t.loading}>
        <Spin size="large" />
      </div>
    )
  const isLoggedOut = session.error.name === portalErrors.UNAUTHENTICATED().name
  if (isLoggedOut) return <ToLogin />
  return (
    <div className="ow-alone">
      <Failure err={session.error} onRetry={() => void session.refetch()} />
    </div>
  )
}

function Frame({ user }: { readonly user: SessionUser }): ReactNode {
  const t = useTexts(texts)
  const { state } = useLive()
  const mayReadAlarms = mayDo(user.roles, 'read')
  return (
    <div className="ow-frame" data-dead={state.kind === 'down'}>
      <a className="ow-skip" href="#content">
        {t.skip}
      </a>
      <header className="ow-top">
        <Link to="/" className="ow-brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <b>{t.product}</b>
          <span>{t.subtitle}</span>
        </Link>
        <nav aria-label={t.nav} className="ow-nav">
          <Link to="/" activeOptions={{ exact: true }}>
            {t.overview}
          </Link>
          {mayReadAlarms && (
            <Link to="/alarms">
              {t.alarms} <AlarmBadge />
            </Link>
          )}
          <Link to="/quarantine">{t.quarantine}</Link>
        </nav>
        <PointFinder />
        <Switches />
        <UserMenu user={user} />
      </header>
      <LiveBar />
      {mayReadAlarms && <Annunciator />}
      <main id="content" className="ow-content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}

function UserMenu({ user }: { readonly user: SessionUser }): ReactNode {
  const t = useTexts(texts)
  const logout = useLogout()
  const navigate = useNavigate()
  const facts = `${user.roles.join(', ')} · ${user.scope === '' ? t.all : t.scope(user.scope)}`
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'facts', label: facts, disabled: true },
          { key: 'password', icon: <KeyOutlined />, label: t.password },
          { key: 'logout', icon: <LogoutOutlined />, label: t.logout },
        ],
        onClick: ({ key }) => {
          if (key === 'logout') void logout()
          if (key === 'password') void navigate({ to: '/password' })
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={`${t.user}: ${user.displayName}`}>
        {user.displayName}
      </Button>
    </Dropdown>
  )
}
