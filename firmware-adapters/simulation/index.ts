export { makeBank, type RegisterBank, writeFloat32, writeUint32 } from './modbus-bank.ts'
export { type FaultOrder, MODBUS_FAULT_KINDS, type ModbusFault, type ModbusFaults } from './modbus-faults.ts'
export type { ModbusFraming } from './modbus-frames.ts'
export { type ModbusServer, type ModbusServerOptions, type ModbusServerStats, startModbusServer } from './modbus-server.ts'
export { type ModbusSimulatorOptions, startModbusSimulator } from './modbus-simulator.ts'
export { PATTERN_POINTS, PATTERN_REPEAT_MS, PATTERN_STEP_MS, patternBit, type PatternOrigin, patternTimeOf, patternValue } from './pattern.ts'
export { startOpcUaServer } from './opcua-door.ts'
export type { SimulatedEvent, SimulatedEventType } from './opcua-events.ts'
export { type HistoryFault, historyTimes, type SimulatedHistory } from './kept-times.ts'
export type { OpcUaFaults } from './opcua-faults.ts'
export type { OpcUaServerOptions, OpcUaSimulator, SimulatedNode } from './opcua-server.ts'
export { type Mine, type MineEvent, makeMine, orderEvent } from './mine-air.ts'
export { creepAt, type CreepingSlope, type CreepState, makeSlope } from './creep.ts'
export { makeStorm, rainAt, rainfallAt, type Storm } from './storm.ts'
export { demoPoints, type GnssOptions, type GnssSimulator, startGnss } from '../gnss/simulator.ts'
export { DEMO_POWER_UNITS, type PowerUnit, type SmartPower, type SmartPowerOptions, startSmartPower } from '../smart-power/simulator.ts'
export { type RainLevel, type RainLevelOptions, startRainLevel } from '../rain-level/simulator.ts'
export { DEMO_LOOPS, startTailingsInstruments, type TailingsInstruments, type TailingsInstrumentsOptions } from '../tailings-instruments/simulator.ts'
export { DEMO_PIEZOMETERS, FLOOD_RISE_M } from '../tailings-instruments/model.ts'
export {
  DEMO_UNITS,
  type GasSensor,
  type GasSimulatedPoint,
  type GasSubstation,
  type GasSubstationOptions,
  type GasUnit,
  type SensorState,
  startGasSubstation,
} from '../gas-substation/simulator.ts'
export {
  PLC_NAMESPACE_URI,
  type PlantSimulatedPoint,
  startVentilationDrainageHoist,
  type VentilationDrainageHoist,
  type VentilationDrainageHoistOptions,
} from '../ventilation-drainage-hoist/simulator.ts'
export { makePositioning, orderPositioning, type OrderKind, type Positioning } from '../personnel-positioning/model.ts'
export { type PersonnelPositioning, type PersonnelPositioningOptions, startPersonnelPositioning } from '../personnel-positioning/simulator.ts'
export { makeRadar, orderRadar, type Radar, type RadarFaultKind } from '../slope-radar/model.ts'
export { type SlopeRadar, type SlopeRadarOptions, startSlopeRadar } from '../slope-radar/simulator.ts'
