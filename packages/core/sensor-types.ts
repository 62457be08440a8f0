/** A class of point: one row of the code list T-20. Decides unit, plausibility range and default period. */
export interface SensorType {
  readonly code: string
  /** Short stable name, used as the default metric name. */
  readonly id: string
  readonly zh: string
  readonly en: string
  readonly unit: string
  /** Plausible range in `unit`, where the list gives one. */
  readonly rangeLo?: number
  readonly rangeHi?: number
  /** Smallest meaningful step in `unit`. */
  readonly resolution: number
  /** Default period in ms; 0 means on change. */
  readonly periodMs: number
}

// T-20 of the domain model; ranges and periods are its defaults, a profile or the register may narrow them.
// The list gives some codes to several quantities, but one point has one unit. So the second half of a code is a class
// of our own behind the last number of its group: 0207 of 0206, 0708 and 0709 of 0702, 0712 and 0713 of 0702, 0710 and 0711 of 0701, 0810 and 0811 of 0801, 0812 of 0804,
// 0903 to 0905 of 0902, 1008 and 1009 of 1003, 1010 of 1004, 1011 to 1013 of 1006.
const types: readonly SensorType[] = [
  { code: '0101', id: 'CO', zh: '一氧化碳', en: 'carbon monoxide', unit: 'ppm', rangeLo: 0, rangeHi: 500, resolution: 1, periodMs: 20_000 },
  { code: '0102', id: 'NO2', zh: '二氧化氮', en: 'nitrogen dioxide', unit: 'ppm', rangeLo: 0, rangeHi: 20, resolution: 0.1, periodMs: 20_000 },
  { code: '0103', id: 'SO2', zh: '二氧化硫', en: 'sulphur dioxide', unit: 'ppm', rangeLo: 0, rangeHi: 20, resolution: 0.1, periodMs: 20_000 },
  { code: '0104', id: 'H2S', zh: '硫化氢', en: 'hydrogen sulphide', unit: 'ppm', rangeLo: 0, rangeHi: 100, resolution: 0.1, periodMs: 20_000 },
  { code: '0105', id: 'O2', zh: '氧气', en: 'oxygen', unit: '%VOL', rangeLo: 0, rangeHi: 25, resolution: 0.1, periodMs: 20_000 },
  { code: '0106', id: 'CO2', zh: '二氧化碳', en: 'carbon dioxide', unit: '%VOL', rangeLo: 0, rangeHi: 5, resolution: 0.01, periodMs: 20_000 },
  { code: '0107', id: 'CH4', zh: '甲烷', en: 'methane', unit: '%VOL', rangeLo: 0, rangeHi: 4, resolution: 0.01, periodMs: 20_000 },
  { code: '0108', id: 'NH3', zh: '氨气', en: 'ammonia', unit: 'ppm', rangeLo: 0, rangeHi: 100, resolution: 1, periodMs: 20_000 },
  { code: '0109', id: 'smoke', zh: '烟雾', en: 'smoke', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '0110', id: 'dust', zh: '粉尘', en: 'dust', unit: 'mg/m³', rangeLo: 0, rangeHi: 500, resolution: 0.1, periodMs: 60_000 },
  { code: '0111', id: 'temperature', zh: '温度', en: 'temperature', unit: '℃', rangeLo: -20, rangeHi: 100, resolution: 0.1, periodMs: 20_000 },
  { code: '0112', id: 'humidity', zh: '湿度', en: 'relative humidity', unit: '%RH', rangeLo: 0, rangeHi: 100, resolution: 1, periodMs: 60_000 },
  { code: '0113', id: 'radon', zh: '氡', en: 'radon', unit: 'Bq/m³', resolution: 1, periodMs: 60_000 },
  { code: '0201', id: 'wind-speed', zh: '风速', en: 'wind speed', unit: 'm/s', rangeLo: 0, rangeHi: 15, resolution: 0.1, periodMs: 20_000 },
  { code: '0202', id: 'wind-pressure', zh: '风压', en: 'wind pressure', unit: 'Pa', rangeLo: -5000, rangeHi: 5000, resolution: 1, periodMs: 20_000 },
  { code: '0203', id: 'main-fan', zh: '主扇开停', en: 'main fan running', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 20_000 },
  { code: '0204', id: 'local-fan', zh: '局扇开停', en: 'local fan running', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '0205', id: 'air-door', zh: '风门开关', en: 'air door open', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '0206', id: 'fan-vibration', zh: '风机振动', en: 'fan vibration', unit: 'mm/s', rangeLo: 0, rangeHi: 20, resolution: 0.1, periodMs: 20_000 },
  { code: '0207', id: 'bearing-temperature', zh: '轴承温度', en: 'bearing temperature', unit: '℃', rangeLo: 0, rangeHi: 150, resolution: 0.1, periodMs: 20_000 },
  { code: '0301', id: 'sump-level', zh: '水位', en: 'sump level', unit: 'm', rangeLo: 0, rangeHi: 20, resolution: 0.01, periodMs: 60_000 },
  { code: '0302', id: 'inflow', zh: '涌水量', en: 'water inflow', unit: 'm³/h', rangeLo: 0, rangeHi: 5000, resolution: 0.1, periodMs: 60_000 },
  { code: '0303', id: 'water-pressure', zh: '水压', en: 'water pressure', unit: 'MPa', rangeLo: 0, rangeHi: 10, resolution: 0.01, periodMs: 60_000 },
  { code: '0304', id: 'pump', zh: '水泵开停', en: 'pump running', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '0305', id: 'water-temperature', zh: '水温', en: 'water temperature', unit: '℃', rangeLo: 0, rangeHi: 80, resolution: 0.1, periodMs: 60_000 },
  { code: '0401', id: 'ground-stress', zh: '地压应力', en: 'ground stress', unit: 'MPa', rangeLo: 0, rangeHi: 60, resolution: 0.01, periodMs: 60_000 },
  { code: '0402', id: 'roof-displacement', zh: '位移/顶板离层', en: 'roof displacement', unit: 'mm', rangeLo: 0, rangeHi: 500, resolution: 0.1, periodMs: 60_000 },
  { code: '0403', id: 'microseismic', zh: '微震事件', en: 'microseismic event', unit: 'event', resolution: 0, periodMs: 0 },
  { code: '0404', id: 'borehole-stress', zh: '钻孔应力', en: 'borehole stress', unit: 'MPa', resolution: 0.01, periodMs: 60_000 },
  { code: '0501', id: 'position', zh: '人员定位', en: 'personnel position', unit: 'event', resolution: 0, periodMs: 30_000 },
  { code: '0502', id: 'head-count', zh: '人数', en: 'head count', unit: 'persons', rangeLo: 0, resolution: 1, periodMs: 30_000 },
  { code: '0601', id: 'hoist-speed', zh: '提升机速度', en: 'hoist speed', unit: 'm/s', rangeLo: -20, rangeHi: 20, resolution: 0.01, periodMs: 5_000 },
  { code: '0602', id: 'hoist-load', zh: '提升负载', en: 'hoist load', unit: 'kN', resolution: 0.01, periodMs: 5_000 },
  { code: '0603', id: 'brake-pressure', zh: '制动压力', en: 'brake pressure', unit: 'MPa', resolution: 0.01, periodMs: 1_000 },
  { code: '0604', id: 'hoist-interlock', zh: '过卷/安全门/阻车/信号', en: 'hoist interlock', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '0701', id: 'gnss-displacement', zh: 'GNSS位移', en: 'GNSS displacement', unit: 'mm', rangeLo: -10000, rangeHi: 10000, resolution: 0.1, periodMs: 600_000 },
  { code: '0702', id: 'radar-displacement', zh: '雷达位移', en: 'radar zone displacement', unit: 'mm', resolution: 0.1, periodMs: 600_000 },
  { code: '0703', id: 'crack', zh: '裂缝计', en: 'crack width', unit: 'mm', rangeLo: 0, rangeHi: 500, resolution: 0.1, periodMs: 600_000 },
  { code: '0704', id: 'inclinometer', zh: '测斜', en: 'inclinometer', unit: 'mm', resolution: 0.01, periodMs: 600_000 },
  { code: '0705', id: 'tilt', zh: '倾角', en: 'tilt', unit: '°', rangeLo: -30, rangeHi: 30, resolution: 0.01, periodMs: 60_000 },
  { code: '0706', id: 'blast-vibration', zh: '爆破振动', en: 'blast vibration', unit: 'cm/s', rangeLo: 0, rangeHi: 35, resolution: 0.01, periodMs: 0 },
  { code: '0707', id: 'anchor-load', zh: '土压力/锚索力', en: 'earth pressure or anchor load', unit: 'kPa', resolution: 0.1, periodMs: 600_000 },
  { code: '0708', id: 'radar-velocity', zh: '雷达速度', en: 'radar zone velocity', unit: 'mm/h', rangeLo: -1000, rangeHi: 1000, resolution: 0.1, periodMs: 600_000 },
  { code: '0709', id: 'radar-coherence', zh: '雷达相干性', en: 'radar coherence', unit: 'ratio', rangeLo: 0, rangeHi: 1, resolution: 0.01, periodMs: 600_000 },
  { code: '0710', id: 'gnss-solution', zh: 'GNSS解算类型', en: 'GNSS solution type', unit: 'event', rangeLo: 0, rangeHi: 9, resolution: 1, periodMs: 600_000 },
  { code: '0711', id: 'gnss-sigma', zh: 'GNSS中误差', en: 'GNSS standard deviation', unit: 'mm', rangeLo: 0, rangeHi: 1000, resolution: 0.1, periodMs: 600_000 },
  { code: '0712', id: 'radar-area', zh: '雷达分区面积', en: 'radar zone area', unit: 'm²', rangeLo: 0, rangeHi: 10_000_000, resolution: 1, periodMs: 600_000 },
  { code: '0713', id: 'radar-pixels', zh: '雷达超阈值像元数', en: 'radar pixels above threshold', unit: 'pixels', rangeLo: 0, resolution: 1, periodMs: 600_000 },
  { code: '0801', id: 'piezometer', zh: '渗压/浸润线', en: 'piezometric level', unit: 'kPa', rangeLo: 0, rangeHi: 500, resolution: 0.1, periodMs: 600_000 },
  { code: '0802', id: 'pond-level', zh: '库水位', en: 'pond level', unit: 'm', resolution: 0.01, periodMs: 600_000 },
  { code: '0803', id: 'beach-length', zh: '干滩长度', en: 'dry beach length', unit: 'm', rangeLo: 0, rangeHi: 1000, resolution: 1, periodMs: 600_000 },
  { code: '0804', id: 'beach-slope', zh: '干滩坡度', en: 'beach slope', unit: '%', resolution: 0.01, periodMs: 86_400_000 },
  { code: '0805', id: 'dam-displacement', zh: '坝体表面位移', en: 'dam surface displacement', unit: 'mm', resolution: 0.1, periodMs: 3_600_000 },
  { code: '0806', id: 'internal-displacement', zh: '内部位移', en: 'internal displacement', unit: 'mm', resolution: 0.1, periodMs: 3_600_000 },
  { code: '0807', id: 'seepage', zh: '渗流量', en: 'seepage flow', unit: 'L/s', rangeLo: 0, rangeHi: 500, resolution: 0.01, periodMs: 600_000 },
  { code: '0808', id: 'turbidity', zh: '浑浊度', en: 'turbidity', unit: 'NTU', rangeLo: 0, rangeHi: 4000, resolution: 0.1, periodMs: 600_000 },
  { code: '0809', id: 'drainage-flow', zh: '排水流量', en: 'drainage flow', unit: 'm³/s', resolution: 0.01, periodMs: 600_000 },
  { code: '0810', id: 'phreatic-depth', zh: '浸润线埋深', en: 'depth of the phreatic line', unit: 'm', rangeLo: 0, rangeHi: 100, resolution: 0.01, periodMs: 600_000 },
  { code: '0811', id: 'wire-frequency', zh: '振弦频率', en: 'vibrating-wire frequency', unit: 'Hz', rangeLo: 400, rangeHi: 6000, resolution: 0.1, periodMs: 600_000 },
  { code: '0812', id: 'beach-crest', zh: '滩顶高程', en: 'beach crest elevation', unit: 'm', resolution: 0.01, periodMs: 86_400_000 },
  { code: '0901', id: 'rainfall', zh: '降雨量', en: 'rainfall', unit: 'mm', rangeLo: 0, resolution: 0.1, periodMs: 300_000 },
  { code: '0902', id: 'surface-wind-speed', zh: '地面风速', en: 'surface wind speed', unit: 'm/s', rangeLo: 0, rangeHi: 75, resolution: 0.1, periodMs: 600_000 },
  { code: '0903', id: 'surface-wind-direction', zh: '地面风向', en: 'surface wind direction', unit: '°', rangeLo: 0, rangeHi: 360, resolution: 1, periodMs: 600_000 },
  { code: '0904', id: 'air-temperature', zh: '气温', en: 'air temperature', unit: '℃', rangeLo: -50, rangeHi: 60, resolution: 0.1, periodMs: 600_000 },
  { code: '0905', id: 'air-pressure', zh: '气压', en: 'air pressure', unit: 'hPa', rangeLo: 500, rangeHi: 1100, resolution: 0.1, periodMs: 600_000 },
  { code: '1001', id: 'voltage', zh: '电压', en: 'voltage', unit: 'V', rangeLo: 0, rangeHi: 450, resolution: 0.1, periodMs: 60_000 },
  { code: '1002', id: 'current', zh: '电流', en: 'current', unit: 'A', rangeLo: 0, rangeHi: 6000, resolution: 0.01, periodMs: 60_000 },
  { code: '1003', id: 'power', zh: '功率', en: 'power', unit: 'kW', resolution: 0.01, periodMs: 60_000 },
  { code: '1004', id: 'frequency', zh: '频率', en: 'frequency', unit: 'Hz', resolution: 0.01, periodMs: 60_000 },
  { code: '1005', id: 'energy', zh: '电能', en: 'energy', unit: 'kWh', rangeLo: 0, rangeHi: 999999.99, resolution: 0.01, periodMs: 900_000 },
  { code: '1006', id: 'demand', zh: '需量', en: 'demand', unit: 'kW', resolution: 0.01, periodMs: 900_000 },
  { code: '1007', id: 'switch', zh: '开关状态', en: 'switch state', unit: 'bool', rangeLo: 0, rangeHi: 1, resolution: 1, periodMs: 0 },
  { code: '1008', id: 'reactive-power', zh: '无功功率', en: 'reactive power', unit: 'kvar', resolution: 0.01, periodMs: 60_000 },
  { code: '1009', id: 'apparent-power', zh: '视在功率', en: 'apparent power', unit: 'kVA', rangeLo: 0, resolution: 0.01, periodMs: 60_000 },
  { code: '1010', id: 'power-factor', zh: '功率因数', en: 'power factor', unit: 'ratio', rangeLo: -1, rangeHi: 1, resolution: 0.001, periodMs: 60_000 },
  { code: '1011', id: 'harmonic-distortion', zh: '谐波畸变率', en: 'total harmonic distortion', unit: '%', rangeLo: 0, rangeHi: 100, resolution: 0.1, periodMs: 60_000 },
  { code: '1012', id: 'terminal-temperature', zh: '端子温度', en: 'terminal temperature', unit: '℃', rangeLo: -40, rangeHi: 150, resolution: 0.1, periodMs: 60_000 },
  { code: '1013', id: 'leakage-current', zh: '剩余电流', en: 'leakage current', unit: 'mA', rangeLo: 0, rangeHi: 30_000, resolution: 1, periodMs: 60_000 },
  { code: '1101', id: 'passage-count', zh: '视频计数', en: 'passage count', unit: 'persons', rangeLo: 0, resolution: 1, periodMs: 300_000 },
  { code: '1102', id: 'seal-event', zh: '电子封条事件', en: 'seal event', unit: 'event', resolution: 0, periodMs: 0 },
  { code: '1201', id: 'water-area', zh: '遥感水域面积', en: 'remotely sensed water area', unit: 'm²', resolution: 1, periodMs: 0 },
]

/** All classes by their four digits. */
export const SENSOR_TYPES: Readonly<Record<string, SensorType>> = Object.fromEntries(types.map((type) => [type.code, type]))
