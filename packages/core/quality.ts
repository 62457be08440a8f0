/**
 * Quality codes Q 0–9 of a sample, one enumeration for devices, wire, store and screen.
 * Backfilled and clock-suspect are flags beside it: exports show 7 where Q was 0 and the sample was backfilled.
 */
export const Q = {
  good: 0,
  calibrating: 1,
  commLost: 2,
  overRange: 3,
  sensorFault: 4,
  powerFault: 5,
  manual: 6,
  backfilled: 7,
  suspect: 8,
  outOfService: 9,
} as const

/** One of the quality codes 0–9. */
export type Quality = (typeof Q)[keyof typeof Q]

/** Chinese and English names of the codes, as people read them. */
export const QUALITY_NAMES: Readonly<Record<Quality, { readonly zh: string; readonly en: string }>> = {
  0: { zh: '好', en: 'good' },
  1: { zh: '标校', en: 'calibrating' },
  2: { zh: '断线', en: 'communication lost' },
  3: { zh: '超量程', en: 'over range' },
  4: { zh: '传感器故障', en: 'sensor fault' },
  5: { zh: '供电异常', en: 'power fault' },
  6: { zh: '人工置数', en: 'manual entry' },
  7: { zh: '补传', en: 'backfilled' },
  8: { zh: '可疑', en: 'suspect' },
  9: { zh: '停用备案', en: 'out of service' },
}

/** Whether a value is one of the ten codes. */
export function isQuality(value: unknown): value is Quality {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 9
}

/** Bits beside Q. */
export const SAMPLE_FLAGS = {
  /** Delivered from the backlog, not live. */
  backfilled: 1,
  /** The clock that stamped the sample was not trustworthy at that moment. */
  clockSuspect: 2,
  /** The gateway moved the time forward by a millisecond or more to keep times strictly increasing. */
  timeAdjusted: 4,
} as const

/**
 * Why a sample is not good. Stored as the index in this list, so the order is part of the disk and wire formats:
 * append only, never reorder.
 */
export const REASONS = [
  'none',
  'timeout',
  'connection-lost',
  'connection-refused',
  'protocol-error',
  'device-exception',
  'illegal-address',
  'fault-code',
  'status-word',
  'out-of-range',
  'not-a-number',
  'word-order',
  'loop-current',
  'status-code',
  'subscription-silent',
  'session-closed',
  'device-restarted',
  'certificate-untrusted',
  'access-denied',
  'breaker-open',
  'clock',
  'stuck',
  'maintenance',
  'stopped',
  'unspecified',
  // Another point of the device that must be in order (solution type, coherence, its own bounds) is not.
  'gate',
  'counter-fell',
] as const

/** Why a sample is not good. */
export type Reason = (typeof REASONS)[number]

const reasonCodes = new Map<string, number>(REASONS.map((reason, code) => [reason, code]))

/** The stored code of a reason. */
export function reasonCode(reason: Reason): number {
  return reasonCodes.get(reason) ?? 0
}

/** The reason of a stored code; codes that a newer program wrote read as `unspecified`. */
export function reasonOf(code: number): Reason {
  return REASONS[code] ?? 'unspecified'
}

/** The stored code of a name that came over the wire; unknown names become `unspecified`. */
export function parseReason(name: string): number {
  return reasonCodes.get(name) ?? reasonCode('unspecified')
}

// OPC UA Part 4, 7.39: the two top bits are the severity; the sub-codes are those of domain table E.1.8.
const OPCUA_CODES = new Map<number, Quality>([
  [0x80310000, Q.commLost], // BadNoCommunication
  [0x808c0000, Q.sensorFault], // BadSensorFailure
  [0x808d0000, Q.outOfService], // BadOutOfService
  [0x808b0000, Q.sensorFault], // BadDeviceFailure
  [0x808a0000, Q.commLost], // BadNotConnected
  [0x803c0000, Q.overRange], // BadOutOfRange
  [0x80890000, Q.sensorFault], // BadConfigurationError
])

/** Q of an OPC UA status code: Good→0, Uncertain→8, known Bad codes by table, any other Bad→2. */
export function qualityOfOpcUaStatus(status: number): Quality {
  const code = (status & 0xffff0000) >>> 0
  const known = OPCUA_CODES.get(code)
  if (known !== undefined) return known
  const severity = code >>> 30
  if (severity === 0) return Q.good
  return severity === 1 ? Q.suspect : Q.commLost
}

/** The Sparkplug B `Quality` property: 192 good, 500 stale, 0 bad. */
export function sparkplugQuality(quality: Quality): 0 | 192 | 500 {
  if (quality === Q.good || quality === Q.manual || quality === Q.backfilled) return 192
  return quality === Q.commLost ? 500 : 0
}

/** Q of a Sparkplug `Quality` property from a gateway that does not send our own `q`. */
export function qualityOfSparkplug(property: number): Quality {
  if (property === 192) return Q.good
  return property === 500 ? Q.commLost : Q.suspect
}
