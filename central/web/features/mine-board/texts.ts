import { defineTexts } from '../../ui/texts.ts'

/** The words of the live board. */
export const texts = defineTexts(
  {
    board: '实时看板', empty: '这座矿山还没有登记测点', overview: '县级总览', gateways: '网关', online: '在线', offline: '离线', since: (moment: string) => `自 ${moment}`,
    pending: (count: number) => `待发 ${count}`, oldest: (span: string) => `最早积压 ${span}前`, clock: (offset: string) => `时钟偏差 ${offset}`,
    devices: '设备', allDevices: '全部设备', good: '正常', bad: '异常', stale: '过期', all: '全部', none: '无数据', search: '测点、编码或位置', searchLabel: '筛选测点', allClasses: '全部类别', classLabel: '按类别筛选', qualityLabel: '按质量筛选',
    name: '测点', class: '类别', value: '当前值', quality: '质量', age: '数据时间', range: '量程', place: '位置', way: '数据去哪了', wayOf: (name: string) => `查看“${name}”的数据去向`, shown: (shown: number, all: number) => `显示 ${shown} / ${all} 个测点`,
    starting: '启动中', live: '运行', lost: '失联', paused: '暂停', unknown: '状态未知', noMatch: '没有符合条件的测点', table: '测点实时值',
  },
  {
    board: 'Live board', empty: 'No point is registered at this mine yet', overview: 'County overview', gateways: 'Gateways', online: 'online', offline: 'offline', since: (moment: string) => `since ${moment}`,
    pending: (count: number) => `${count} waiting`, oldest: (span: string) => `oldest ${span} ago`, clock: (offset: string) => `clock off by ${offset}`,
    devices: 'Devices', allDevices: 'All devices', good: 'Good', bad: 'Bad', stale: 'Stale', all: 'All', none: 'no data', search: 'Point, code or place', searchLabel: 'Filter points', allClasses: 'All classes', classLabel: 'Filter by class', qualityLabel: 'Filter by quality',
    name: 'Point', class: 'Class', value: 'Value', quality: 'Quality', age: 'Sampled', range: 'Range', place: 'Place', way: 'Way of the reading', wayOf: (name: string) => `Way of the reading of ${name}`, shown: (shown: number, all: number) => `${shown} of ${all} points shown`,
    starting: 'starting', live: 'live', lost: 'lost', paused: 'paused', unknown: 'state unknown', noMatch: 'No point matches', table: 'Live values of the points',
  },
)
