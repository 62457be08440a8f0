import { defineTexts } from '../../ui/texts.ts'

/** The words of the quarantine. */
export const texts = defineTexts(
  {
    title: '隔离区', intro: '中心拒收的数据在此长期保存，不会丢失；查明原因后可以认领入库。', empty: '没有被隔离的数据', emptyFilter: '没有因该原因被隔离的数据', all: '全部原因', reasonLabel: '按原因筛选',
    source: '来源', reason: '原因与处理', count: '条数', first: '最早', last: '最近', value: '最近值', action: '操作', adopt: '认领', adopted: (code: string) => `已认领为 ${code}`, more: '加载更多', series: (count: number) => `${count} 个序列`,
    samples: '样本', time: '时间', quality: '质量', moreSamples: '仅显示最前面的样本', noSamples: '没有样本', detail: '详情', refresh: '刷新', noAdopt: '此原因不能通过认领解决',
    dialog: '认领到测点', code: '测点编码', codeHint: '22 位：对象 12 + 系统 2 + 类别 4 + 流水 4', name: '测点名称', needName: '请填写测点名称', unit: '单位写法（可不填）', unitHint: (unit: string) => `该类别的单位为 ${unit}；网关的写法不同时，照其原样填写以确认`, unitDiffers: (unit: string) => `您确认它与 ${unit} 只是写法不同；今后按此写法接收`,
    submit: '认领并入库', cancel: '取消', close: '完成', division: '区划', kind: '类型', subject: '对象', system: '系统', sensorType: '类别', serial: '流水',
    done: (stored: number) => `已认领，${stored} 条样本已入库。`, conflicts: (count: number) => `${count} 条与已有数据矛盾，已保留先到者，矛盾者留在隔离区。`, noConflicts: '没有矛盾的数据。', toTrend: '查看测点趋势',
  },
  {
    title: 'Quarantine', intro: 'What central refused is kept here and not lost; once the cause is known it can be adopted and stored.', empty: 'Nothing is quarantined', emptyFilter: 'Nothing is quarantined for this reason', all: 'All reasons', reasonLabel: 'Filter by reason',
    source: 'Source', reason: 'Reason and what to do', count: 'Samples', first: 'First', last: 'Last', value: 'Last value', action: 'Action', adopt: 'Adopt', adopted: (code: string) => `adopted as ${code}`, more: 'Load more', series: (count: number) => `${count} series`,
    samples: 'Samples', time: 'Time', quality: 'Quality', moreSamples: 'Only the first samples are shown', noSamples: 'No samples', detail: 'Detail', refresh: 'Refresh', noAdopt: 'Adoption cannot solve this',
    dialog: 'Adopt into a point', code: 'Point code', codeHint: '22 digits: subject 12 + system 2 + class 4 + serial 4', name: 'Name of the point', needName: 'Please give the point a name', unit: 'Spelling of the unit (optional)', unitHint: (unit: string) => `the unit of this class is ${unit}; when the gateway spells it otherwise, enter its spelling to confirm`, unitDiffers: (unit: string) => `you confirm that this is only another spelling of ${unit}; it is accepted from now on`,
    submit: 'Adopt and store', cancel: 'Cancel', close: 'Done', division: 'division', kind: 'kind', subject: 'subject', system: 'system', sensorType: 'class', serial: 'serial',
    done: (stored: number) => `Adopted; ${stored} samples are stored.`, conflicts: (count: number) => `${count} contradict what is stored; the first were kept, the others stay in quarantine.`, noConflicts: 'No contradictions.', toTrend: 'To the trend of the point',
  },
)
