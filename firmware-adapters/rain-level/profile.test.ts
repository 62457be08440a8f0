import { describeProfile } from '../conformance.ts'

describeProfile(import.meta.dirname)
