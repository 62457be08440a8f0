export { applyRetention, type RetentionParts, type RetentionReport } from './apply.ts'
export { DEFAULT_DAYS, LEGAL_MINIMUM_DAYS, type RetentionSetting, tooShort } from './retention-rules.ts'
