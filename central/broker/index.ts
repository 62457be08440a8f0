export { gatewayUserName, type Identity, mayPublish, maySubscribe, parseGatewayUserName } from './access.ts'
export { type Broker, type BrokerOptions, type BrokerRefusal, type BrokerStats, startBroker } from './broker.ts'
export {
  type Credential,
  type CredentialFile,
  type CredentialSource,
  credentialsFromFile,
  credentialsOf,
  firstOf,
  hashPassword,
  PasswordVerifier,
  readCredentialFile,
  writeCredentialFile,
} from './credentials.ts'
export { mosquittoFiles, type MosquittoOptions } from './mosquitto-files.ts'
