import { isQuality, type Q, QUALITY_NAMES, type Reason, REASONS } from '@orewatch/core'
import type { Language } from '../ui/preferences.tsx'

const REASON_NAMES: Readonly<Record<Reason, { readonly zh: string; readonly en: string }>> = {
  none: { zh: '', en: '' },
  timeout: { zh: '设备超时无应答', en: 'the device did not answer in time' },
  'connection-lost': { zh: '与设备的连接中断', en: 'connection to the device lost' },
  'connection-refused': { zh: '设备拒绝连接', en: 'the device refused the connection' },
  'protocol-error': { zh: '通信协议错误', en: 'protocol error' },
  'device-exception': { zh: '设备返回异常码', en: 'the device answered with an exception' },
  'illegal-address': { zh: '设备没有该地址', en: 'the device has no such address' },
  'fault-code': { zh: '传感器报告故障码', en: 'the sensor reported a fault code' },
  'status-word': { zh: '状态字指示故障', en: 'the status word says fault' },
  'out-of-range': { zh: '超出合理量程', en: 'outside the plausible range' },
  'not-a-number': { zh: '不是有效数值', en: 'not a number' },
  'word-order': { zh: '疑似字节序配置错误', en: 'word order probably misconfigured' },
  'loop-current': { zh: '4–20 mA 电流越界', en: 'loop current outside 4–20 mA' },
  'status-code': { zh: 'OPC UA 状态码异常', en: 'bad OPC UA status code' },
  'subscription-silent': { zh: 'OPC UA 订阅无数据', en: 'OPC UA subscription silent' },
  'session-closed': { zh: 'OPC UA 会话已关闭', en: 'OPC UA session closed' },
  'device-restarted': { zh: '设备刚重启', en: 'the device restarted' },
  'certificate-untrusted': { zh: '证书不受信任', en: 'certificate not trusted' },
  'access-denied': { zh: '设备拒绝访问', en: 'access denied by the device' },
  'breaker-open': { zh: '设备多次失败，暂停轮询', en: 'paused after repeated failures' },
  clock: { zh: '时钟不可信', en: 'clock not trustworthy' },
  stuck: { zh: '数值长时间不变', en: 'value does not change' },
  maintenance: { zh: '检修中', en: 'under maintenance' },
  stopped: { zh: '采集已停止', en: 'acquisition stopped' },
  unspecified: { zh: '原因未说明', en: 'no reason given' },
  gate: { zh: '同一设备的把关测点不合格', en: 'a point that this one depends on is not in order' },
  'counter-fell': { zh: '累计值倒退', en: 'a cumulative reading fell' },
}

/** A reason in words; what this portal does not know is shown as it came. */
export function reasonName(reason: string, language: Language): string {
  const known = REASONS.find((name) => name === reason)
  return known === undefined ? reason : REASON_NAMES[known][language]
}

/** A quality in words. */
export function qualityName(quality: number, language: Language): string {
  return isQuality(quality) ? QUALITY_NAMES[quality][language] : `Q${quality}`
}

/** The ten quality codes in order. */
export const QUALITY_CODES: readonly (typeof Q)[keyof typeof Q][] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
