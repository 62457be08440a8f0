import { QUALITY_NAMES, type Quality, type Reason } from '@orewatch/core'

/** A sentence in both languages of the portal. */
export interface Sentence {
  readonly zh: string
  readonly en: string
}

/** A length of time as a person says it; negative lengths read as zero. */
export function sayDuration(ms: number): Sentence {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return { zh: `${seconds} 秒`, en: `${seconds} s` }
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return { zh: `${minutes} 分钟`, en: `${minutes} min` }
  const hours = Math.round(minutes / 60)
  return hours < 72 ? { zh: `${hours} 小时`, en: `${hours} h` } : { zh: `${Math.round(hours / 24)} 天`, en: `${Math.round(hours / 24)} days` }
}

// What to do about each cause a gateway reports; a cause that is missing here is told by its name.
const ADVICE: Readonly<Partial<Record<Reason, Sentence>>> = {
  timeout: { zh: '设备不应答：检查设备供电、通信线和地址（站号）', en: 'the device does not answer: check its power, the line and its address' },
  'connection-lost': { zh: '与设备的连接断开：检查网线、交换机和设备供电', en: 'the connection to the device broke: check cable, switch and power' },
  'connection-refused': { zh: '设备拒绝连接：检查 IP、端口以及连接数上限', en: 'the device refuses the connection: check address, port and its connection limit' },
  'protocol-error': { zh: '设备应答不合协议：检查网关里的设备型号、串口参数', en: 'the answers break the protocol: check device family and line settings at the gateway' },
  'device-exception': { zh: '设备返回异常码：查看设备自身的故障信息', en: 'the device answers with an exception: look at its own diagnostics' },
  'illegal-address': { zh: '设备没有该寄存器或节点：核对网关的点表（profile）', en: 'the device has no such register or node: check the profile at the gateway' },
  'fault-code': { zh: '传感器自报故障：派人检查或更换探头', en: 'the sensor reports a fault: inspect or replace the probe' },
  'status-word': { zh: '设备状态字报故障：查看设备面板', en: 'the status word reports a fault: look at the device' },
  'out-of-range': { zh: '超出量程：核对量程设置或检查探头', en: 'out of range: check the range setting or the probe' },
  'not-a-number': { zh: '读到的不是数：核对数据类型与字序', en: 'not a number: check data type and word order' },
  'word-order': { zh: '疑似字序设置错误：核对网关的字序（ABCD/CDAB 等）', en: 'the word order is probably wrong: check it at the gateway' },
  'loop-current': { zh: '4–20 mA 回路异常：检查接线与供电', en: 'the 4–20 mA loop is broken or shorted: check wiring and supply' },
  'status-code': { zh: 'OPC UA 状态码为坏：在设备或其服务器上查原因', en: 'bad OPC UA status: look at the device or its server' },
  'subscription-silent': { zh: 'OPC UA 订阅没有数据：网关正在重建订阅，持续则检查服务器', en: 'the OPC UA subscription is silent: the gateway rebuilds it; if it stays, check the server' },
  'session-closed': { zh: 'OPC UA 会话被关闭：检查服务器与会话数上限', en: 'the OPC UA session was closed: check the server and its session limit' },
  'device-restarted': { zh: '设备刚重启：稍候，反复重启则检查供电', en: 'the device restarted: wait; if it repeats, check its power' },
  'certificate-untrusted': { zh: '证书不受信任：在设备与网关上互相确认证书', en: 'the certificate is not trusted: confirm it on both sides' },
  'access-denied': { zh: '设备拒绝用户名或权限：核对网关的账号', en: 'the device denies access: check the account at the gateway' },
  'breaker-open': { zh: '该站连续失败已被暂时隔离：检查该设备，恢复后自动接入', en: 'this unit failed repeatedly and is set aside: check it; it comes back by itself' },
  clock: { zh: '时钟不可信：检查设备与网关的校时', en: 'the clock is not trustworthy: check time synchronisation' },
  stuck: { zh: '数值长时间不变：检查探头是否卡死', en: 'the value does not change: check whether the probe is stuck' },
  maintenance: { zh: '检修中：检修结束后恢复', en: 'under maintenance: it returns when that is over' },
  gate: {
    zh: '同一设备的把关测点不合格（如GNSS未固定、振弦频率越界）：查看该设备的其他测点',
    en: 'a point that this one depends on is not in order (no GNSS fix, wire frequency out of bounds): look at the other points of the device',
  },
  'counter-fell': { zh: '累计值倒退且不是翻转：核对是否换表、清零或读错寄存器', en: 'a cumulative reading fell without a roll-over: was the meter exchanged or reset, or is it another register?' },
  stopped: { zh: '采集已停：在网关上启动', en: 'reading is stopped: start it at the gateway' },
}

/** What a cause means and what to do about it. */
export function sayReason(reason: string | undefined): Sentence {
  const known = reason === undefined ? undefined : ADVICE[reason as Reason]
  if (known !== undefined) return known
  return { zh: `原因：${reason ?? '未说明'}；请到网关上查看日志`, en: `cause: ${reason ?? 'not given'}; look at the gateway's log` }
}

/** The name of a quality code. */
export function sayQuality(quality: number): Sentence {
  return QUALITY_NAMES[quality as Quality] ?? { zh: `质量码 ${quality}`, en: `quality ${quality}` }
}

/** Puts one sentence behind another. */
export function join(first: Sentence, second: Sentence): Sentence {
  return { zh: `${first.zh}；${second.zh}`, en: `${first.en}; ${second.en}` }
}
