/** Properties that a birth of ours gives each point; all optional for foreign gateways. */
export const POINT_PROPERTIES = {
  /** 22-character point code. */
  pointCode: 'pointCode',
  /** Unit, as the code list T-20 spells it (Sparkplug's customary name). */
  unit: 'engUnit',
  rangeLo: 'engLow',
  rangeHi: 'engHigh',
  periodMs: 'periodMs',
  name: 'displayName',
  place: 'place',
  profile: 'profile',
  retired: 'retired',
} as const

/** Metrics that a DBIRTH of ours carries about the device itself. */
export const DEVICE_METRICS = {
  family: 'Device Info/Family',
  profile: 'Device Info/Profile',
  title: 'Device Info/Title',
} as const

/** Metrics that an NBIRTH of ours carries about the gateway. */
export const NODE_METRICS = {
  bdSeq: 'bdSeq',
  software: 'Node Info/Software',
  subject: 'Node Info/Subject',
  clockOffsetMs: 'Node Info/Clock Offset',
  clockSource: 'Node Info/Clock Source',
  /** NDATA, String: JSON of GatewayStatus. */
  status: 'Node Info/Status',
} as const
