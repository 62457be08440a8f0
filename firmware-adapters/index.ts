export { ComputedSource, Gate } from './computed.ts'
export { FORMULAS, type Formula, type FormulaNumbers } from './formulas.ts'
export { listProfiles, loadProfile, parseProfile, type ProfileEntry } from './load-profile.ts'
export {
  EventField,
  EventFieldType,
  FaultCode,
  ModbusPoint,
  ModbusProfile,
  ModbusQuirks,
  ModbusSource,
  ModbusTemplate,
  OpcUaEvent,
  OpcUaNodeName,
  OpcUaPoint,
  OpcUaProfile,
  OpcUaSource,
  OpcUaTemplate,
  type Profile,
  RegisterType,
  type ResolvedPoint,
  StatusBit,
  WordOrder,
} from './profile.ts'
export { REGISTER_LAYOUT } from './register-layout.ts'
export { resolveEvents } from './resolve-events.ts'
export { type Locate, resolvePoints } from './resolve.ts'
export { DeviceWiring, PointWiring } from './wiring.ts'
