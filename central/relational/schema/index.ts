export * from './access.ts'
export * from './quarantine.ts'
export * from './records.ts'
export * from './registry.ts'
