import { LockOutlined } from '@ant-design/icons'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Form, Input } from 'antd'
import type { ReactNode } from 'react'
import { Switches } from '../../ui/switches.tsx'
import { Failure } from '../../ui/query-view.tsx'
import { defineTexts, useTexts } from '../../ui/texts.ts'
import { type PasswordChange, useChangePassword } from './queries.ts'

const texts = defineTexts(
  {
    title: '修改口令',
    why: '首次登录或口令被重置后必须修改口令。修改后所有会话结束，请用新口令重新登录。',
    old: '原口令',
    fresh: '新口令',
    again: '再次输入新口令',
    submit: '修改',
    needed: '请填写',
    rules: '至少 10 个字符，含大写、小写、数字、其他字符中的三类',
    differ: '两次输入的新口令不同',
    back: '返回',
    product: '矿哨',
  },
  {
    title: 'Change the password',
    why: 'The password must be changed after the first login or a reset. All sessions end then; log in with the new one.',
    old: 'Old password',
    fresh: 'New password',
    again: 'New password again',
    submit: 'Change',
    needed: 'Please fill in',
    rules: '10 characters or more; three of upper case, lower case, digits and others',
    differ: 'The two new passwords differ',
    back: 'Back',
    product: 'Orewatch',
  },
)

/** Changes one's own password. */
export function PasswordPage(): ReactNode {
  const t = useTexts(texts)
  const change = useChangePassword()
  const navigate = useNavigate()
  const submit = (typed: PasswordChange) => change.mutate(typed, { onSuccess: () => void navigate({ to: '/login', search: { changed: true } }) })
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
        <p className="ow-muted">{t.why}</p>
        {change.isError && <Failure err={change.error} />}
        <Form<PasswordChange & { again: string }> layout="vertical" size="large" requiredMark={false} onFinish={submit}>
          <Form.Item name="oldPassword" label={t.old} rules={[{ required: true, message: t.needed }]}>
            <Input.Password prefix={<LockOutlined />} autoComplete="current-password" maxLength={256} autoFocus />
          </Form.Item>
          <Form.Item
            name="newPassword"
            label={t.fresh}
            extra={t.rules}
            rules={[
              { required: true, message: t.needed },
              { min: 10, message: t.rules },
            ]}
          >
            <Input.Password prefix={<LockOutlined />} autoComplete="new-password" maxLength={256} />
          </Form.Item>
          <Form.Item
            name="again"
            label={t.again}
            dependencies={['newPassword']}
            rules={[({ getFieldValue }) => ({ validator: (_, typed) => (typed === getFieldValue('newPassword') ? Promise.resolve() : Promise.reject(new TypeError(t.differ))) })]}
          >
            <Input.Password prefix={<LockOutlined />} autoComplete="new-password" maxLength={256} />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={change.isPending}>
            {t.submit}
          </Button>
        </Form>
        <Link to="/">{t.back}</Link>
      </main>
    </div>
  )
}
