import { expect, test } from 'vitest'
import { type Identity, mayPublish, maySubscribe, parseGatewayUserName } from './access.ts'

const GATEWAY: Identity = { kind: 'gateway', group: '990101', node: 'g1' }
const HOST: Identity = { kind: 'host', groups: ['990101'] }
const ALL: Identity = { kind: 'host', groups: 'all' }

function publish(identity: Identity, topic: string, expected: boolean): void {
  expect(mayPublish(identity, topic), topic).toBe(expected)
}

function subscribe(identity: Identity, filter: string, expected: boolean): void {
  expect(maySubscribe(identity, filter), filter).toBe(expected)
}

test('a gateway publishes its own births, data and deaths and nothing else', () => {
  publish(GATEWAY, 'spBv1.0/990101/NBIRTH/g1', true)
  publish(GATEWAY, 'spBv1.0/990101/NDATA/g1', true)
  publish(GATEWAY, 'spBv1.0/990101/NDEATH/g1', true)
  publish(GATEWAY, 'spBv1.0/990101/DDATA/g1/dev', true)
  publish(GATEWAY, 'spBv1.0/990101/DDATA/g2/dev', false)
  publish(GATEWAY, 'spBv1.0/990102/DDATA/g1/dev', false)
  publish(GATEWAY, 'spBv1.0/990101/NCMD/g1', false)
  publish(GATEWAY, 'spBv1.0/990101/NCMD/g2', false)
  publish(GATEWAY, 'spBv1.0/STATE/central', false)
  publish(GATEWAY, 'spBv1.0/990101/DDATA/g1', false)
  publish(GATEWAY, 'spBv1.0/990101/DDATA/g1/dev/more', false)
  publish(GATEWAY, '$SYS/anything', false)
})

test('a gateway subscribes its own commands and STATE and nothing else', () => {
  subscribe(GATEWAY, 'spBv1.0/990101/NCMD/g1', true)
  subscribe(GATEWAY, 'spBv1.0/990101/NCMD/g1/#', true)
  subscribe(GATEWAY, 'spBv1.0/990101/DCMD/g1/+', true)
  subscribe(GATEWAY, 'spBv1.0/990101/DCMD/g1/#', true)
  subscribe(GATEWAY, 'spBv1.0/STATE/central', true)
  subscribe(GATEWAY, 'spBv1.0/STATE/+', true)
  subscribe(GATEWAY, 'spBv1.0/990101/NCMD/+', false)
  subscribe(GATEWAY, 'spBv1.0/990101/NCMD/g2', false)
  subscribe(GATEWAY, 'spBv1.0/990101/DDATA/g1/dev', false)
  subscribe(GATEWAY, 'spBv1.0/+/NCMD/g1', false)
  subscribe(GATEWAY, '#', false)
  subscribe(GATEWAY, '$SYS/#', false)
  subscribe(GATEWAY, 'spBv1.0/#', false)
})

test('a host reads the data of its groups and sends commands to their gateways', () => {
  subscribe(HOST, 'spBv1.0/990101/DDATA/+/+', true)
  subscribe(HOST, 'spBv1.0/990101/NBIRTH/+', true)
  subscribe(HOST, 'spBv1.0/990101/DDATA/#', true)
  subscribe(HOST, 'spBv1.0/990102/DDATA/+/+', false)
  subscribe(HOST, 'spBv1.0/+/DDATA/+/+', false)
  subscribe(ALL, 'spBv1.0/+/DDATA/+/+', true)
  subscribe(ALL, '#', false)
  publish(HOST, 'spBv1.0/990101/NCMD/g1', true)
  publish(HOST, 'spBv1.0/990101/DCMD/g1/dev', true)
  publish(HOST, 'spBv1.0/990102/NCMD/g1', false)
  publish(HOST, 'spBv1.0/990101/DDATA/g1/dev', false)
  publish(HOST, 'spBv1.0/STATE/central', true)
})

test('a user name of a gateway is group and node', () => {
  expect(parseGatewayUserName('990101/g1')).toEqual({ group: '990101', node: 'g1' })
  expect(parseGatewayUserName('central')).toBeUndefined()
  expect(parseGatewayUserName('990101/g1/x')).toBeUndefined()
  expect(parseGatewayUserName('990101/+')).toBeUndefined()
})
