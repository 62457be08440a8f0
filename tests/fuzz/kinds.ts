import { documentsKind } from './documents.ts'
import type { FuzzKind } from './kind.ts'
import { modbusKind } from './modbus.ts'
import { outboxKind } from './outbox.ts'
import { sparkplugKind } from './sparkplug.ts'

/** All kinds, or those of the names given, with what must be closed after them. */
export function openKinds(names: readonly string[] = []): { readonly kinds: readonly FuzzKind[]; close(): void } {
  const documents = documentsKind()
  const all = [sparkplugKind(), modbusKind(), outboxKind(), documents.kind]
  return { kinds: names.length === 0 ? all : all.filter(({ name }) => names.includes(name)), close: () => documents.close() }
}
