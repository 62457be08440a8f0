import { defineTexts } from '../../ui/texts.ts'

/** The words of the way of a reading. */
export const texts = defineTexts(
  {
    title: '数据去哪了', overview: '县级总览', trend: '测点趋势', empty: '没有这条测点的链路信息', chain: '一条读数经过的各个环节', question: '我的数据停在哪里？', flows: '数据畅通', stopped: (stage: string) => `停在：${stage}`, slow: (stage: string) => `变慢：${stage}`,
    device: '现场设备', driver: '采集驱动', outbox: '网关存储', uplink: '上行链路', broker: '消息代理', ingest: '中心接入', store: '时序库', screen: '本页面',
    deviceHint: '传感器、PLC、分站', driverHint: 'Modbus / OPC UA 读取', outboxHint: '先落盘，确认后才删除', uplinkHint: '网关到中心的会话', brokerHint: '消息转发', ingestHint: '解码、核对登记、写库', storeHint: '确认已持久保存', screenHint: '实时推送到浏览器',
    ok: '正常', late: '变慢', broken: '中断', unknown: '未知', since: (moment: string) => `自 ${moment}`, now: '当前读数', noFacts: '中心没有给出此环节的信息', beyond: '前一环节中断，此处暂无新数据', notLive: '实时推送已断开，页面上的数值不会自动更新。', refreshed: (moment: string) => `查询于 ${moment}`,
  },
  {
    title: 'Way of the reading', overview: 'County overview', trend: 'Point trend', empty: 'Nothing is known of the way of this point', chain: 'The stages that a reading passes', question: 'Where has my value stopped?', flows: 'Values flow', stopped: (stage: string) => `Stopped at: ${stage}`, slow: (stage: string) => `Slow at: ${stage}`,
    device: 'Field device', driver: 'Driver', outbox: 'Outbox', uplink: 'Uplink', broker: 'Broker', ingest: 'Ingest', store: 'Store', screen: 'This page',
    deviceHint: 'sensor, PLC, substation', driverHint: 'reads by Modbus or OPC UA', outboxHint: 'on disk until confirmed', uplinkHint: 'session from gateway to central', brokerHint: 'passes messages on', ingestHint: 'decodes, resolves, writes', storeHint: 'confirms what is durable', screenHint: 'live feed to the browser',
    ok: 'OK', late: 'late', broken: 'broken', unknown: 'unknown', since: (moment: string) => `since ${moment}`, now: 'Reading now', noFacts: 'Central says nothing of this stage', beyond: 'the stage before is broken; nothing new comes here', notLive: 'The live feed is cut; values on this page do not move by themselves.', refreshed: (moment: string) => `asked at ${moment}`,
  },
)

/** Names of figures that stages are known to give; others are shown as they came. */
export const figureNames: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  ageMs: { zh: '数据龄期', en: 'age' }, lastAgeMs: { zh: '最近数据龄期', en: 'last age' }, lastMs: { zh: '最近时间', en: 'last' }, lastSampleMs: { zh: '最近样本', en: 'last sample' },
  pending: { zh: '待发记录', en: 'waiting' }, pendingBytes: { zh: '待发字节', en: 'waiting bytes' }, oldestMs: { zh: '最早积压', en: 'oldest' }, queueBytes: { zh: '队列', en: 'queue' }, dropped: { zh: '丢弃待重传', en: 'dropped' },
  pointsPerSecond: { zh: '点/秒', en: 'points/s' }, periodMs: { zh: '周期', en: 'period' }, clockOffsetMs: { zh: '时钟偏差', en: 'clock offset' }, quality: { zh: '质量码 Q', en: 'quality Q' }, reason: { zh: '原因', en: 'reason' }, value: { zh: '数值', en: 'value' },
  gateway: { zh: '网关', en: 'gateway' }, device: { zh: '设备', en: 'device' }, name: { zh: '名称', en: 'name' }, note: { zh: '说明', en: 'note' }, position: { zh: '存储位置', en: 'position' }, incarnation: { zh: '存储代次', en: 'incarnation' }, quarantined: { zh: '隔离', en: 'quarantined' }, listeners: { zh: '在看的页面', en: 'screens' },
}
