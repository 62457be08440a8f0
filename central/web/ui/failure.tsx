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
    PORTAL_LOCKED: '尝试次数过多，已暂时锁定。',
    PORTAL_REFUSED: '中心拒绝了该请求。',
    PORTAL_SERVER_FAILED: '中心暂时无法给出结果，请稍后重试。',
    PORTAL_UNEXPECTED_ANSWER: '中心的应答无法识别，门户与中心的版本可能不一致。',
    other: '发生了意外错误。',
  },
  {
    PORTAL_UNREACHABLE: 'Central does not answer. Check the network; the page tries again by itself.',
    PORTAL_UNAUTHENTICATED: 'Your session has ended. Please log in again.',
    PORTAL_FORBIDDEN: 'This is outside your jurisdiction or your rights. The attempt was recorded.',
    PORTAL_NOT_FOUND: 'The register has no such entry. Please check the code.',
    PORTAL_LOCKED: 'Too many attempts; locked for a while.',
    PORTAL_REFUSED: 'Central refused the request.',
    PORTAL_SERVER_FAILED: 'Central cannot answer at the moment. Please try again later.',
    PORTAL_UNEXPECTED_ANSWER: 'The answer cannot be read; portal and central may be of different versions.',
    other: 'Something unexpected went wrong.',
  },
)

/** A sentence for a person about anything that was thrown, with the server's own words where it gave some. */
export function explainFailure(err: unknown, language: Language): { readonly sentence: string; readonly code: string; readonly detail?: string } {
  if (!(err instanceof CodedError)) return { sentence: texts[language].other, code: err instanceof Error ? err.name : 'UNKNOWN' }
  const known: Texts<Record<string, string>> = texts
  const details = err.details as RefusalDetails
  const sentence = known[language][err.code] ?? texts[language].other
  const detail = details.serverMessage === undefined ? {} : { detail: details.serverMessage }
  return { sentence, code: details.serverCode ?? err.code, ...detail }
}
