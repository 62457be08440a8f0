export { ComputedSource, Gate } from './computed.ts'
export { FORMULAS, type Formula, type FormulaNumbers } from './formulas.ts'
export { listProfiles, loadProfile, parseProfile, type ProfileEntry } from './load-profile.ts'
export {
  FaultCode,
  ModbusPoint,
  ModbusProfile,
  ModbusQuirks,
  ModbusSource,
  ModbusTemplate,
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
export { type Locate, resolvePoints } from './resolve.ts'
export { DeviceWiring, PointWiring } from './wiring.ts'
