import { CodedError } from '@orewatch/core'
import type { RefusalDetails } from '../api/errors.ts'
import { defineTexts, type Texts } from './texts.ts'
import type { Language } from './preferences.tsx'

const texts = defineTexts(
  {
    PORTAL_UNREACHABLE: '无法连接中心服务。请检查网络；连接恢复后会自动重试。',
    PORTAL_UNAUTHENTICATED: '登录已失效，请重新登录。',
    PORTAL_FORBIDDEN: '不在您的管辖范围内，或您没有此项权限；本次访问已记入审计。',
    PORTAL_NOT_FOUND: '登记册中没有此对象，请核对编码。',
    PORTAL_LOCKED: '尝试次数过多，账号已暂时锁定。',
    PORTAL_TOO_MANY: '请求过于频繁，请稍候再试。',
    PORTAL_REFUSED: '中心拒绝了该请求。',
    PORTAL_SERVER_FAILED: '中心暂时无法给出结果，请稍后重试。',
    PORTAL_UNEXPECTED_ANSWER: '中心的应答无法识别，门户与中心的版本可能不一致。',
    ACCESS_WEAK_PASSWORD: '新口令不符合规则：至少 10 个字符，含大写、小写、数字、其他字符中的三类，不得包含用户名或常见口令，也不得与近 5 次相同。',
    ACCESS_LOGIN_REFUSED: '原口令不正确。',
    REGISTRY_POINT_TAKEN: '该测点编码或该信号已属于别的测点，请先核对。',
    REGISTRY_UNIT_UNCONFIRMED: '网关上报的单位与该类别的单位不同。若只是写法不同，请在“单位写法”中照原样填写网关上报的单位以确认；若确是另一种单位，请改正网关配置。',
    REGISTRY_BAD_POINT_CODE: '该网关不能使用这个测点编码：编码前 12 位须为该网关所属的矿山。',
    REGISTRY_UNKNOWN_GATEWAY: '该网关尚未登记，请先登记网关。',
    API_FOREIGN_ORIGIN: '请求的来源与服务器地址不一致，请用服务器公布的地址打开门户。',
    ALARM_STALE: '有人先于您处理了这条告警，本次操作没有生效。页面已重新载入，请核对后再操作。',
    ALARM_REFUSED: '告警当前的状态不允许这样做。',
    other: '发生了意外错误。',
  },
  {
    PORTAL_UNREACHABLE: 'Central does not answer. Check the network; the page tries again by itself.',
    PORTAL_UNAUTHENTICATED: 'Your session has ended. Please log in again.',
    PORTAL_FORBIDDEN: 'This is outside your jurisdiction or your rights. The attempt was recorded.',
    PORTAL_NOT_FOUND: 'The register has no such entry. Please check the code.',
    PORTAL_LOCKED: 'Too many attempts; the account is locked for a while.',
    PORTAL_TOO_MANY: 'Too many requests; wait a moment and try again.',
    PORTAL_REFUSED: 'Central refused the request.',
    PORTAL_SERVER_FAILED: 'Central cannot answer at the moment. Please try again later.',
    PORTAL_UNEXPECTED_ANSWER: 'The answer cannot be read; portal and central may be of different versions.',
    ACCESS_WEAK_PASSWORD:
      'The new password breaks the rules: 10 characters or more, three of upper case, lower case, digits and others, without the user name or common passwords, and none of your last five.',
    ACCESS_LOGIN_REFUSED: 'The old password is not right.',
    REGISTRY_POINT_TAKEN: 'This point code or this signal belongs to another point already; please check.',
    REGISTRY_UNIT_UNCONFIRMED:
      'The gateway announces another unit than the class has. If it is only spelled differently, confirm it by entering the announced spelling; if it is another unit, correct the gateway.',
    REGISTRY_BAD_POINT_CODE: 'This gateway may not use this point code: its first 12 digits must be a mine of the gateway.',
    REGISTRY_UNKNOWN_GATEWAY: 'This gateway is not registered; register it first.',
    API_FOREIGN_ORIGIN: 'The page was opened under another address than the server has; use the published one.',
    ALARM_STALE: 'Somebody was faster: your action did not take effect. The page has been loaded again; look before you act.',
    ALARM_REFUSED: 'The present state of the alarm does not allow this.',
    other: 'Something unexpected went wrong.',
  },
)

/** A sentence for a person about anything that was thrown, with the server's own words where it gave some. */
export function explainFailure(err: unknown, language: Language): { readonly sentence: string; readonly code: string; readonly detail?: string } {
  if (!(err instanceof CodedError)) return { sentence: texts[language].other, code: err instanceof Error ? err.name : 'UNKNOWN' }
  const known: Texts<Record<string, string>> = texts
  const details = err.details as RefusalDetails
  // The server's own code says more than its HTTP status.
  const sentence = known[language][details.serverCode ?? ''] ?? known[language][err.code] ?? texts[language].other
  const detail = details.serverMessage === undefined ? {} : { detail: details.serverMessage }
  return { sentence, code: details.serverCode ?? err.code, ...detail }
}
