/** Classes of points (T-20) that are shown under one heading. */
export interface ClassGroup {
  readonly title: string
  readonly codes: readonly string[]
}

/** A dashboard about the points of one mine or pond. */
export interface PointBoard {
  /** Stable for ever: links and bookmarks hold it. */
  readonly uid: string
  readonly title: string
  readonly groups: readonly ClassGroup[]
}

const WEATHER: ClassGroup = { title: '气象 weather', codes: ['0901', '0902', '0903', '0904', '0905'] }

/** The dashboards made from the classes. A class whose unit is `event` comes as a record and stands among the events. */
export const POINT_BOARDS: readonly PointBoard[] = [
  {
    uid: 'orewatch-mine',
    title: '矿山 mine',
    groups: [
      { title: '气体与环境 gas and environment', codes: ['0101', '0102', '0103', '0104', '0105', '0106', '0107', '0108', '0109', '0110', '0111', '0112', '0113'] },
      { title: '通风 ventilation', codes: ['0201', '0202', '0203', '0204', '0205', '0206', '0207'] },
      { title: '水害与排水 water', codes: ['0301', '0302', '0303', '0304', '0305'] },
      { title: '地压 ground pressure', codes: ['0401', '0402', '0404'] },
      { title: '人员 people', codes: ['0502', '1101'] },
      { title: '提升 hoisting', codes: ['0601', '0602', '0603', '0604'] },
    ],
  },
  {
    uid: 'orewatch-tailings',
    title: '尾矿库 tailings pond',
    groups: [
      { title: '库区与干滩 pond and beach', codes: ['0802', '0803', '0804', '0812', '1201'] },
      { title: '坝体与渗流 dam and seepage', codes: ['0801', '0810', '0811', '0805', '0806', '0807', '0808', '0809'] },
      WEATHER,
    ],
  },
  {
    uid: 'orewatch-slope',
    title: '边坡 slope',
    groups: [
      { title: '位移与速度 displacement and velocity', codes: ['0701', '0711', '0702', '0708', '0709', '0712', '0713', '0703', '0704', '0705'] },
      { title: '振动与荷载 vibration and load', codes: ['0706', '0707'] },
      { title: '降雨 rain', codes: ['0901'] },
    ],
  },
  {
    uid: 'orewatch-power',
    title: '用电 power',
    groups: [
      { title: '电压电流 voltage and current', codes: ['1001', '1002', '1004', '1011'] },
      { title: '功率电能 power and energy', codes: ['1003', '1008', '1009', '1010', '1005', '1006'] },
      { title: '用电安全 electrical safety', codes: ['1012', '1013', '1007'] },
    ],
  },
]
