import { describeDriver } from '../conformance.ts'
import { createOpcUaLine } from './index.ts'
import { deviceOf, fastConfig, openSimulatedPlace } from './test/simulated-place.ts'

describeDriver('opcua', async () => {
  const place = await openSimulatedPlace()
  return {
    devices: [deviceOf('a', ['s=Constant', 's=Ramp', 's=Switch']), deviceOf('b', ['s=Ramp'])],
    makeLine: (context) => createOpcUaLine(fastConfig(place.server.endpointUrl), context, place.pkiDirectory),
    switchOff: () => place.server.stop(),
    switchOn: () => place.server.start(),
    close: () => place.close(),
  }
})
