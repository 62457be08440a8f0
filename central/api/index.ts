export { type RouteAccess, type RouteEntry, SESSION_COOKIE, TRESPASS } from './access.ts'
export { type Api, type ApiOptions, buildApi } from './app.ts'
export type { AdoptionOrder, AdoptionResult, ApiParts, GatewaySession, IngestPart, PointTrace } from './parts.ts'
export { judgeWay, WAY_STAGES, type WayInputs, type WayStage, type WayStageId, type WayState, type WayVerdict } from './way.ts'
