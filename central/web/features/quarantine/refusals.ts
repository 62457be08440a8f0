import type { Sentence } from '../../api/contract.ts'

/** What a reason of refusal means and what a person can do about it. */
export interface Refusal {
  /** Code of the transmission rules (S17): 101–106 are theirs, from 110 on ours. */
  readonly code: number
  readonly name: Sentence
  readonly advice: Sentence
  /** Whether assigning the series to a point can help. */
  readonly canAdopt: boolean
}

/** The reasons that central knows, by the names of its register. */
export const REFUSALS: Readonly<Record<string, Refusal>> = {
  'unknown-point': {
    code: 101,
    canAdopt: true,
    name: { zh: '测点未登记', en: 'Unknown point' },
    advice: {
      zh: '核对该信号的用途和安装位置，点“认领”为其指定 22 位测点编码；已隔离的数据会随之入库。',
      en: 'Check what the signal is and where it is installed, then adopt it with a 22-digit point code; what was held back is stored with it.',
    },
  },
  'unit-mismatch': {
    code: 102,
    canAdopt: true,
    name: { zh: '单位不符', en: 'Unit mismatch' },
    advice: {
      zh: '网关上报的单位与该类别不一致。若只是写法不同（如 PPM），点“认领”并确认其写法；若确是另一种单位，请改正网关配置。',
      en: 'The gateway announces another unit than the class has. If only the spelling differs (as PPM), adopt it and confirm the spelling; if it is another unit, correct the gateway.',
    },
  },
  'time-skew': {
    code: 103,
    canAdopt: false,
    name: { zh: '时间偏差过大', en: 'Time skew' },
    advice: {
      zh: '样本时间超前中心 5 分钟以上。请检查网关的 NTP 校时（网关不会去校设备的时钟）。',
      en: 'The samples lie more than 5 minutes in the future. Check NTP of the gateway (a gateway never sets the clock of a device).',
    },
  },
  'unknown-gateway': {
    code: 110,
    canAdopt: false,
    name: { zh: '网关未登记', en: 'Unknown gateway' },
    advice: {
      zh: '先在登记册中核实并登记该网关属于哪座矿山；来历不明的网关请按安全事件处理。',
      en: 'First find out to which mine this gateway belongs and register it; treat a gateway of unknown origin as a security event.',
    },
  },
  conflict: {
    code: 111,
    canAdopt: false,
    name: { zh: '同一时刻数值矛盾', en: 'Conflicting value' },
    advice: {
      zh: '同一测点、同一时刻先后收到不同的值，已保留先到者。请检查是否有两台设备或网关使用了同一身份。',
      en: 'Two different values came for one point and moment; the first was kept. Check whether two devices or gateways use one identity.',
    },
  },
  'unsupported-type': {
    code: 112,
    canAdopt: false,
    name: { zh: '数据类型不支持', en: 'Unsupported type' },
    advice: {
      zh: '该信号不是数值或开关量，时序库不能保存。请在网关配置中改用数值类型，或停止上报。',
      en: 'The signal is neither number nor switch. Configure a numeric type in the gateway or stop reporting it.',
    },
  },
  'bad-record': {
    code: 113,
    canAdopt: false,
    name: { zh: '记录无法解析', en: 'Unreadable record' },
    advice: { zh: '报文格式有误。请核对网关软件版本，并把“详情”交给厂商。', en: 'The record is malformed. Check the version of the gateway software and hand the detail to its vendor.' },
  },
}

/** What is known of a reason; one that this portal does not know stays as it came. */
export function refusalOf(reason: string): Refusal | undefined {
  return REFUSALS[reason]
}
