/*
 * Events of a simulated OPC UA server: event types with fields, raised at a node that has an event notifier.
 */
import { DataType, type VariantOptions } from 'node-opcua-client'
import type { OPCUAServer } from 'node-opcua-server'
import { simulationErrors } from './errors.ts'

/** A type of event that a simulated server can raise. */
export interface SimulatedEventType {
  /** Without namespace, such as `s=PassageEventType`. */
  readonly identifier: string
  /** Kind of every field by its browse name. */
  readonly fields: Readonly<Record<string, 'string' | 'number' | 'boolean' | 'time'>>
}

/** An event on its way. */
export interface SimulatedEvent {
  /** Identifier of its type. */
  readonly type: string
  /** When it happened, UTC ms; the Time of the OPC UA event. */
  readonly timeMs: number
  /** Fields by browse name; what is left out comes as null. Times are UTC ms. */
  readonly fields: Readonly<Record<string, string | number | boolean>>
}

type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>
type Namespace = ReturnType<AddressSpace['registerNamespace']>
type UAObject = ReturnType<Namespace['addObject']>
type UAObjectType = ReturnType<Namespace['addObjectType']>

const DATA_TYPES = { string: 'String', number: 'Double', boolean: 'Boolean', time: 'UtcTime' } as const
const VARIANT_TYPES = { string: DataType.String, number: DataType.Double, boolean: DataType.Boolean, time: DataType.DateTime } as const

/** The events of one running server. */
export class EventSource {
  readonly #notifier: UAObject
  readonly #types = new Map<string, { readonly node: UAObjectType; readonly type: SimulatedEventType }>()

  /** Adds the types to the namespace; events are raised at `notifier`. */
  constructor(namespace: Namespace, notifier: UAObject, types: readonly SimulatedEventType[]) {
    this.#notifier = notifier
    for (const type of types) {
      const node = namespace.addObjectType({ browseName: type.identifier.slice(2), nodeId: type.identifier, subtypeOf: 'BaseEventType', isAbstract: true })
      for (const [browseName, kind] of Object.entries(type.fields)) {
        namespace.addVariable({ propertyOf: node, browseName, dataType: DATA_TYPES[kind], modellingRule: 'Mandatory', typeDefinition: 'PropertyType' })
      }
      this.#types.set(type.identifier, { node, type })
    }
  }

  /** Raises an event; throws SIM_UNKNOWN_NODE for a type that the server does not have. */
  raise(event: SimulatedEvent): void {
    const known = this.#types.get(event.type)
    if (known === undefined) throw simulationErrors.UNKNOWN_NODE({ identifier: event.type, known: [...this.#types.keys()] })
    const fields: [string, VariantOptions][] = Object.entries(event.fields).map(([name, value]) => {
      const kind = known.type.fields[name] ?? 'string'
      return [lowerFirst(name), { dataType: VARIANT_TYPES[kind], value: kind === 'time' ? new Date(Number(value)) : value }]
    })
    this.#notifier.raiseEvent(known.node, { ...Object.fromEntries(fields), time: { dataType: DataType.DateTime, value: new Date(event.timeMs) } })
  }
}

// The library finds the fields of an event by their browse names with a small first letter.
function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}
