import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { CodedError } from '@orewatch/core'
import { useRouter, useSearch } from '@tanstack/react-router'
import { Alert, Button, Form, Input } from 'antd'
import type { ReactNode } from 'react'
import type { RefusalDetails } from '../../api/errors.ts'
import { serverTime } from '../../api/server-time.ts'
import { explainFailure } from '../../ui/failure.tsx'
import { type Language, useLanguage } from '../../ui/preferences.tsx'
import { Switches } from '../../ui/switches.tsx'
import { defineTexts, useTexts } from '../../ui/texts.ts'
import { formatSpan, formatTime } from '../../ui/time.ts'
import { type Credentials, useLogin } from './queries.ts'

const texts = defineTexts(
  {
    product: '矿哨',
    title: '非煤矿山安全监测平台',
    user: '用户名',
    password: '密码',
    submit: '登录',
    needUser: '请输入用户名',
    needPassword: '请输入密码',
    expired: '登录已失效，请重新登录。登录后将回到刚才的页面。',
    wrong: '用户名或密码不正确。',
    notice: '所有登录与操作均记入审计日志。',
    locked: '尝试次数过多，该账号已暂时锁定。',
    lockedFor: (span: string, until: string) => `尝试次数过多，该账号已锁定，请在 ${span}后（${until}）再试。`,
    changed: '口令已修改，请用新口令登录。',
  },
  {
    product: 'Orewatch',
    title: 'Safety monitoring for non-coal mines',
    user: 'User name',
    password: 'Password',
    submit: 'Log in',
    needUser: 'Please enter the user name',
    needPassword: 'Please enter the password',
    expired: 'Your session has ended. Please log in again; you will return to the page you were on.',
    wrong: 'User name or password is not right.',
    notice: 'Logins and actions are recorded in the audit log.',
    locked: 'Too many attempts: this account is locked for a while.',
    lockedFor: (span: string, until: string) => `Too many attempts: this account is locked. Try again in ${span}, at ${until}.`,
    changed: 'The password is changed; log in with the new one.',
  },
)

/** The login, with clear words about what is wrong. */
export function LoginPage(): ReactNode {
  const t = useTexts(texts)
  const language = useLanguage()
  const search = useSearch({ from: '/login' })
  const router = useRouter()
  const login = useLogin()
  const submit = (credentials: Credentials) => login.mutate(credentials, { onSuccess: () => router.history.push(search.to ?? '/') })
  return (
    <div className="ow-login">
      <div className="ow-login-switches">
        <Switches />
      </div>
      <main className="ow-login-card ow-panel">
        <div className="ow-login-brand">
          <img src="/icon.svg" alt="" width="40" height="40" />
          <div>
            <h1>{t.product}</h1>
            <p>{t.title}</p>
          </div>
        </div>
        {search.expired && !login.isError && <Alert type="info" showIcon title={t.expired} role="status" />}
        {search.changed && !login.isError && <Alert type="success" showIcon title={t.changed} role="status" />}
        {login.isError && <Alert type={isLockOut(login.error) ? 'warning' : 'error'} showIcon role="alert" title={explainLogin(login.error, language)} />}
        <Form<Credentials> layout="vertical" size="large" requiredMark={false} onFinish={submit}>
          <Form.Item name="user" label={t.user} rules={[{ required: true, whitespace: true, message: t.needUser }]}>
            <Input prefix={<UserOutlined />} autoComplete="username" autoFocus maxLength={64} />
          </Form.Item>
          <Form.Item name="password" label={t.password} rules={[{ required: true, message: t.needPassword }]}>
            <Input.Password prefix={<LockOutlined />} autoComplete="current-password" maxLength={256} />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={login.isPending}>
            {t.submit}
          </Button>
        </Form>
        <p className="ow-muted">{t.notice}</p>
      </main>
    </div>
  )
}

function isLockOut(err: unknown): boolean {
  return err instanceof CodedError && err.code === 'PORTAL_LOCKED'
}

function explainLogin(err: unknown, language: Language): string {
  const t = texts[language]
  if (!(err instanceof CodedError)) return explainFailure(err, language).sentence
  const { untilMs } = err.details as RefusalDetails
  switch (err.code) {
    case 'PORTAL_UNAUTHENTICATED':
      return t.wrong
    case 'PORTAL_LOCKED':
      return untilMs === undefined ? t.locked : t.lockedFor(formatSpan(untilMs - serverTime.nowMs(), language), formatTime(untilMs))
    default:
      return explainFailure(err, language).sentence
  }
}
