export { type Central, startCentral } from './all-in-one.ts'
export { addGatewayCredential } from './credentials.ts'
