export { FaultCode, ModbusPoint, ModbusQuirks, ModbusSource, OpcUaPoint, OpcUaSource, RegisterType, type ResolvedPoint, StatusBit, WordOrder } from './profile.ts'
