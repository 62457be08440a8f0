import { parsePointCode, SENSOR_TYPES, SUBJECT_KINDS, SYSTEM_NAMES } from '@orewatch/core'
import type { Sentence } from '../../api/contract.ts'

/** One part of a point code as typed so far. */
export interface CodePart {
  readonly id: 'division' | 'kind' | 'subject' | 'system' | 'sensorType' | 'serial'
  readonly text: string
  /** What the part stands for, or what is wrong with it; absent while it is incomplete. */
  readonly meaning?: Sentence
  readonly isWrong: boolean
}

/** What is wrong with a point code; absent when it can be used. */
export interface CodeVerdict {
  readonly parts: readonly CodePart[]
  readonly fault?: Sentence
}

const LENGTH = 22

/** Takes a point code apart and says which part is wrong. */
export function explainPointCode(code: string): CodeVerdict {
  const parts: CodePart[] = [
    fixed('division', code.slice(0, 6), /^[1-9]\d*$/, { zh: '区划代码应为 6 位数字，首位不为 0', en: 'the division code has 6 digits and does not begin with 0' }),
    listed('kind', code.slice(6, 7), 1, SUBJECT_KINDS, { zh: '第 7 位为对象类型，应为 1–7', en: 'digit 7 is the kind of subject, 1 to 7' }),
    fixed('subject', code.slice(7, 12), /^\d*$/, { zh: '第 8–12 位为对象流水号，应为数字', en: 'digits 8 to 12 are the serial number of the subject' }),
    listed('system', code.slice(12, 14), 2, SYSTEM_NAMES, { zh: '第 13–14 位为系统代码，应为 01–15', en: 'digits 13 and 14 are the system, 01 to 15' }),
    listed('sensorType', code.slice(14, 18), 4, SENSOR_TYPES, { zh: '第 15–18 位为测点类别（T-20），代码表中没有', en: 'digits 15 to 18 are the class (T-20); the list has no such class' }),
    fixed('serial', code.slice(18), /^\d*$/, { zh: '第 19–22 位为流水号，应为数字', en: 'digits 19 to 22 are a serial number' }),
  ]
  const wrong = parts.find((part) => part.isWrong)
  if (wrong?.meaning) return { parts, fault: wrong.meaning }
  if (code.length !== LENGTH) return { parts, fault: { zh: `测点编码共 22 位，现为 ${code.length} 位`, en: `a point code has 22 digits, this has ${code.length}` } }
  if (!parsePointCode(code)) return { parts, fault: { zh: '不是有效的测点编码', en: 'not a valid point code' } }
  return { parts }
}

/** The unit that the class of a complete code has. */
export function unitOfCode(code: string): string | undefined {
  const parts = parsePointCode(code)
  return parts && SENSOR_TYPES[parts.sensorTypeCode]?.unit
}

function fixed(id: CodePart['id'], text: string, form: RegExp, fault: Sentence): CodePart {
  const isWrong = text !== '' && !form.test(text)
  return isWrong ? { id, text, meaning: fault, isWrong } : { id, text, isWrong }
}

function listed(id: CodePart['id'], text: string, length: number, list: Readonly<Record<string, Sentence>>, fault: Sentence): CodePart {
  if (/\D/.test(text)) return { id, text, meaning: fault, isWrong: true }
  if (text.length < length) return { id, text, isWrong: false }
  const entry = Object.hasOwn(list, text) ? list[text] : undefined
  return entry ? { id, text, meaning: { zh: entry.zh, en: entry.en }, isWrong: false } : { id, text, meaning: fault, isWrong: true }
}
