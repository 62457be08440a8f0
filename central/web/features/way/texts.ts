import { defineTexts } from '../../ui/texts.ts'

/** The words of the way of a reading. */
export const texts = defineTexts(
  {
    title: '数据去哪了', overview: '县级总览', trend: '测点趋势', empty: '没有这条测点的链路信息', chain: '一条读数经过的各个环节', question: '我的数据停在哪里？', flows: '数据畅通，已到达本页', nothingYet: '没有新数据，停在何处尚不能断定', stopped: (stage: string) => `停在：${stage}`, slow: (stage: string) => `变慢：${stage}`,
    device: '设备', driver: '采集', outbox: '网关缓存', uplink: '上传链路', broker: '消息服务', ingest: '接收', store: '存储', screen: '画面',
    deviceHint: '传感器、PLC、分站', driverHint: 'Modbus / OPC UA 读取', outboxHint: '先落盘，确认后才删除', uplinkHint: '网关到中心的会话', brokerHint: '消息转发', ingestHint: '解码、核对登记、写库', storeHint: '确认已持久保存', screenHint: '实时推送到浏览器',
    ok: '正常', late: '变慢', broken: '中断', unknown: '未知', since: (moment: string) => `自 ${moment}`, now: '当前读数', noFacts: '中心没有给出此环节的信息', beyond: '前一环节中断，此处暂无新数据', notLive: '实时推送已断开，页面上的数值不会自动更新。', refreshed: (moment: string) => `查询于 ${moment}`,
  },
  {
    title: 'Way of the reading', overview: 'County overview', trend: 'Point trend', empty: 'Nothing is known of the way of this point', chain: 'The stages that a reading passes', question: 'Where has my value stopped?', flows: 'Values arrive here', nothingYet: 'Nothing new comes, and no stage can be named yet', stopped: (stage: string) => `Stopped at: ${stage}`, slow: (stage: string) => `Slow at: ${stage}`,
    device: 'Field device', driver: 'Driver', outbox: 'Outbox', uplink: 'Uplink', broker: 'Broker', ingest: 'Ingest', store: 'Store', screen: 'Screen',
    deviceHint: 'sensor, PLC, substation', driverHint: 'reads by Modbus or OPC UA', outboxHint: 'on disk until confirmed', uplinkHint: 'session from gateway to central', brokerHint: 'passes messages on', ingestHint: 'decodes, resolves, writes', storeHint: 'confirms what is durable', screenHint: 'live feed to the browser',
    ok: 'OK', late: 'late', broken: 'broken', unknown: 'unknown', since: (moment: string) => `since ${moment}`, now: 'Reading now', noFacts: 'Central says nothing of this stage', beyond: 'the stage before is broken; nothing new comes here', notLive: 'The live feed is cut; values on this page do not move by themselves.', refreshed: (moment: string) => `asked at ${moment}`,
  },
)

/** Names of figures that stages are known to give; others are shown as they came. */
export const figureNames: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  state: { zh: '设备状态', en: 'device state' },
  line: { zh: '线路', en: 'line' },
  lastReadMs: { zh: '最近读到', en: 'last read' },
  quality: { zh: '质量码 Q', en: 'quality Q' },
  reason: { zh: '原因', en: 'reason' },
  pending: { zh: '待确认', en: 'unconfirmed' },
  diskBytes: { zh: '占用磁盘', en: 'on disk' },
  oldestMs: { zh: '最早一条', en: 'oldest' },
  lastMessageMs: { zh: '最近消息', en: 'last message' },
  lastReceivedMs: { zh: '最近收到', en: 'last received' },
  lastQueuedMs: { zh: '最近入队', en: 'last queued' },
  lastRefusedMs: { zh: '最近拒收', en: 'last refused' },
  refusal: { zh: '拒收原因', en: 'refusal' },
  newestMs: { zh: '最新样本', en: 'newest sample' },
  viewers: { zh: '正在观看', en: 'viewers' },
  lastPushMs: { zh: '最近推送', en: 'last push' },
}

/** States of a device as its gateway names them. */
export const deviceStates: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  starting: { zh: '启动中', en: 'starting' },
  live: { zh: '运行', en: 'live' },
  lost: { zh: '失联', en: 'lost' },
  paused: { zh: '暂停', en: 'paused' },
}
