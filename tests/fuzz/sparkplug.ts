/*
 * Sparkplug payloads: decodePayload and decodeData against sparkplug-payload (its generated protobuf classes, and its
 * public decodePayload where the mutant goes to it byte for byte).
 */
import { readSampleProperties, decodeData, decodePayload, type DataMessage, type Metric, type MetricValue, type Payload, type PropertyScalar } from '@orewatch/protocol'
import { CodedError, isQuality, SAMPLE_FLAGS } from '@orewatch/core'
import { difference, type FuzzCase, type FuzzKind, fuzzKind, type Verdict } from './kind.ts'
import { readByPeer, type PeerMetric, publicValues } from './sparkplug-peer.ts'
import { respell } from './respell.ts'
import { makePayload } from './sparkplug-cases.ts'

/** The decoders under test; a test of the harness gives wrong ones. */
export interface SparkplugDecoders {
  readonly decodePayload: typeof decodePayload
  readonly decodeData: typeof decodeData
}

const MAX_KEY = 0xffff_ffff
// The data type that a birth would have declared: every one of them is met by some alias.
const declaredType = (alias: number): number | undefined => (alias % 3 === 0 ? alias % 17 : undefined)

/** The kind `sparkplug`. */
export function sparkplugKind(decoders: SparkplugDecoders = { decodePayload, decodeData }): FuzzKind {
  return fuzzKind<FuzzCase>({
    name: 'sparkplug',
    weight: 55,
    make: (dice) => ({ bytes: makePayload(dice) }),
    judge: ({ bytes }) => judge(bytes, decoders),
  })
}

function judge(bytes: Uint8Array, decoders: SparkplugDecoders): Verdict {
  const payload = attempt(() => decoders.decodePayload(bytes, ({ alias }) => (alias === undefined ? undefined : declaredType(alias))))
  const data = attempt(() => decoders.decodeData(bytes, declaredType))
  const byTheBook = respell(bytes)
  if (byTheBook.kind !== 'message') {
    if (typeof payload !== 'string' || typeof data !== 'string') return { kind: 'wrong', why: `taken though it is ${byTheBook.kind}` }
    const isNamed = byTheBook.kind === 'not-protobuf' || payload === 'PROTOCOL_UNSAFE_INTEGER'
    return isNamed ? { kind: 'refused', rules: [byTheBook.kind] } : { kind: 'wrong', why: `refused with ${payload} for an unsafe integer` }
  }
  if (typeof payload === 'string') return { kind: 'wrong', why: `decodePayload refuses a payload that is right: ${payload}` }
  if (typeof data === 'string') return { kind: 'wrong', why: `decodeData refuses a payload that is right: ${data}` }
  const why = compare(bytes, payload, data, byTheBook.bytes, byTheBook.rules.size === 0)
  return why === undefined ? { kind: 'accepted', rules: [...byTheBook.rules] } : { kind: 'wrong', why }
}

function attempt<T>(decode: () => T): T | string {
  try {
    return decode()
  } catch (err) {
    if (err instanceof CodedError) return err.code
    throw err
  }
}

function compare(bytes: Uint8Array, payload: Payload, data: DataMessage, peerBytes: Uint8Array, isVerbatim: boolean): string | undefined {
  const peer = readByPeer(peerBytes)
  const expected = peer.metrics.map((metric) => expectedMetric(metric))
  return (
    difference('timestamp', payload.timestampMs, peer.timestampMs) ??
    difference('seq', payload.seq, peer.seq) ??
    difference('metrics', payload.metrics.length, expected.length) ??
    firstOf(expected, (metric, i) => compareMetric(`metric ${i}`, payload.metrics[i] as Metric, metric)) ??
    compareData(data, peer, expected) ??
    (data.samples.count + data.others.length > bytes.length ? 'more rows than bytes' : undefined) ??
    (isVerbatim ? firstOf(publicValues(bytes), (value, i) => (value === undefined ? undefined : difference(`public value ${i}`, payload.metrics[i]?.value, value))) : undefined)
  )
}

function compareMetric(at: string, ours: Metric, theirs: Metric): string | undefined {
  for (const key of ['name', 'alias', 'timestampMs', 'dataType', 'value'] as const) {
    const found = difference(`${at} ${key}`, ours[key], theirs[key])
    if (found !== undefined) return found
  }
  const keys = new Set([...Object.keys(ours.properties ?? {}), ...Object.keys(theirs.properties ?? {})])
  return (
    difference(`${at} isHistorical`, ours.isHistorical ?? false, theirs.isHistorical ?? false) ??
    difference(`${at} isNull`, ours.isNull ?? false, theirs.isNull ?? false) ??
    firstOf([...keys], (key) => difference(`${at} property ${key}`, ours.properties?.[key], theirs.properties?.[key]))
  )
}

function compareData(data: DataMessage, peer: { timestampMs?: number; seq?: number }, expected: readonly Metric[]): string | undefined {
  const rows = expected.filter(isRow)
  const others = expected.filter((metric) => !isRow(metric))
  return (
    difference('data timestamp', data.timestampMs, peer.timestampMs) ??
    difference('data seq', data.seq, peer.seq) ??
    difference('rows', data.samples.count, rows.length) ??
    difference('others', data.others.length, others.length) ??
    firstOf(others, (metric, i) => compareMetric(`other ${i}`, data.others[i] as Metric, metric)) ??
    firstOf(rows, (metric, i) => compareRow(data, i, metric, peer.timestampMs))
  )
}

// By the interface of decodeData: numbers and Booleans by an alias that fits into a column.
function isRow({ name, alias, value }: Metric): boolean {
  return name === undefined && alias !== undefined && alias <= MAX_KEY && (value === undefined || typeof value === 'number' || typeof value === 'boolean')
}

function compareRow({ samples }: DataMessage, i: number, metric: Metric, payloadMs: number | undefined): string | undefined {
  const value = metric.value === undefined ? Number.NaN : Number(metric.value)
  const meta = readSampleProperties(metric.properties ?? {}, !Number.isNaN(value))
  const flags = meta.flags | (metric.isHistorical ? SAMPLE_FLAGS.backfilled : 0)
  const found =
    difference(`row ${i} key`, samples.key[i], metric.alias) ??
    difference(`row ${i} time`, samples.timeMs[i], metric.timestampMs ?? payloadMs ?? Number.NaN) ??
    difference(`row ${i} value`, samples.value[i], value) ??
    difference(`row ${i} quality`, samples.quality[i], meta.quality) ??
    difference(`row ${i} reason`, samples.reason[i], meta.reason) ??
    difference(`row ${i} flags`, samples.flags[i], flags) ??
    difference(`row ${i} delta`, samples.gatewayDeltaMs[i], meta.gatewayDeltaMs)
  if (found !== undefined) return found
  if (!isQuality(samples.quality[i])) return `row ${i} has quality ${samples.quality[i]}`
  return Number.isNaN(value) && samples.quality[i] === 0 ? `row ${i} is good without a value` : undefined
}

const SIGNED_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32 }

// What the value of a metric is, from the field that the peer found it in and the type. Sparkplug 3.0, 6.4.16.
function expectedMetric({ metric, integer, isLong, scalar, properties }: PeerMetric): Metric {
  const dataType = metric.dataType || (metric.alias === undefined ? undefined : declaredType(metric.alias))
  const read: MetricValue | undefined = integer === undefined ? scalar : typed(integer, isLong, dataType)
  const value = metric.isNull ? undefined : read
  const scalars: Record<string, PropertyScalar> = Object.create(null)
  for (const property of properties ?? []) {
    const found = property.isNull ? undefined : property.integer === undefined ? property.scalar : typed(property.integer, property.isLong, property.type)
    if (found === undefined) delete scalars[property.key]
    else scalars[property.key] = found
  }
  return { ...metric, ...(value !== undefined && { value }), ...(properties !== undefined && { properties: scalars }) }
}

function typed(integer: bigint, isLong: boolean, dataType: number | undefined): number | bigint {
  const bits = SIGNED_BITS[dataType ?? 0]
  if (bits !== undefined) return Number(BigInt.asIntN(bits, integer))
  const exact = dataType === 4 && isLong ? BigInt.asIntN(64, integer) : integer
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
}

function firstOf<T>(list: readonly T[], check: (item: T, i: number) => string | undefined): string | undefined {
  for (const [i, item] of list.entries()) {
    const found = check(item, i)
    if (found !== undefined) return found
  }
  return undefined
}
