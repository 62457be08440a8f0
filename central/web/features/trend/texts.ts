import { defineTexts } from '../../ui/texts.ts'

/** The words of the trend page. */
export const texts = defineTexts(
  {
    trend: '测点趋势', overview: '县级总览', way: '数据去哪了', range: '时间范围', '1h': '1 小时', '8h': '8 小时', '24h': '24 小时', '7d': '7 天', custom: '自定义',
    from: '开始时间', to: '结束时间', apply: '查询', badRange: '结束时间必须晚于开始时间，且不超过一年', chart: '曲线', table: '表格', view: '显示方式', empty: '该时间范围内没有任何数据', emptyPoint: '没有这个测点',
    raw: (count: number) => `原始数据 ${count} 条`, buckets: (span: string, count: number) => `按 ${span} 统计：最小/平均/最大，${count} 段`,
    bands: '质量时段', missing: '无数据', noneGood: '全部异常', partlyGood: '部分异常', noBands: '该范围内数据完整、质量全部正常', lasting: (span: string) => `持续 ${span}`, more: (n: number) => `另有 ${n} 段，见表格`,
    time: '时间', value: '数值', quality: '质量', reason: '原因', flags: '标记', min: '最小', mean: '平均', max: '最大', good: '正常/总数', rawValue: '原始值', readoutHint: '将光标移到曲线上查看读数', cursor: '光标处',
    chartLabel: (name: string, from: string, to: string, bands: number) => `${name} 的趋势曲线，${from} 至 ${to}，${bands} 个质量时段。可切换到表格查看全部数值。`, code: '测点编码', device: '设备', place: '位置', period: '周期', onChange: '变化上报', measureRange: '量程', now: '当前值', legendLine: '数值', legendMinMax: '最小–最大',
    backfilled: '补传', clockSuspect: '时钟可疑', timeAdjusted: '时间已调整',
  },
  {
    trend: 'Point trend', overview: 'County overview', way: 'Way of the reading', range: 'Range', '1h': '1 h', '8h': '8 h', '24h': '24 h', '7d': '7 d', custom: 'Custom',
    from: 'From', to: 'To', apply: 'Show', badRange: 'The end must be after the beginning, and at most a year later', chart: 'Chart', table: 'Table', view: 'View', empty: 'There is no sample at all in this range', emptyPoint: 'There is no such point',
    raw: (count: number) => `${count} raw samples`, buckets: (span: string, count: number) => `min / mean / max per ${span}, ${count} buckets`,
    bands: 'Quality bands', missing: 'no data', noneGood: 'none good', partlyGood: 'partly good', noBands: 'Complete and good throughout this range', lasting: (span: string) => `for ${span}`, more: (n: number) => `${n} more, see the table`,
    time: 'Time', value: 'Value', quality: 'Quality', reason: 'Reason', flags: 'Marks', min: 'Min', mean: 'Mean', max: 'Max', good: 'Good / all', rawValue: 'raw', readoutHint: 'Move the pointer over the chart to read values', cursor: 'At the pointer',
    chartLabel: (name: string, from: string, to: string, bands: number) => `Trend of ${name} from ${from} to ${to} with ${bands} quality bands. The table view has all values.`, code: 'Point code', device: 'Device', place: 'Place', period: 'Period', onChange: 'on change', measureRange: 'Range', now: 'Now', legendLine: 'Value', legendMinMax: 'Min–max',
    backfilled: 'backfilled', clockSuspect: 'clock suspect', timeAdjusted: 'time adjusted',
  },
)
