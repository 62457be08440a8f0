/* Decoding and encoding of the wire's hot message, beside sparkplug-payload, on the same bytes in the same run. */
import { SampleBuilder } from '@orewatch/core'
import { DataEncoder, decodeData } from '@orewatch/protocol'
import sparkplug from 'sparkplug-payload'
import type { BenchOptions, BenchResult } from './bench.ts'

const METRICS = 300
const START_MS = 1_772_697_600_000

/** Prints microseconds a message for both and their ratio; `decodeRatio` and `encodeRatio` above 1 mean we are faster. */
export async function run({ report, quick }: BenchOptions): Promise<BenchResult> {
  const peer = sparkplug.get('spBv1.0')
  if (peer === null) return { ok: false, error: 'sparkplug-payload does not know spBv1.0' }
  const seconds = quick ? 0.3 : 3
  const columns = new SampleBuilder(METRICS)
  for (let i = 0; i < METRICS; i++) columns.push(16 + i, START_MS + i, Math.fround(20 + Math.sin(i) * 5))
  const encoder = new DataEncoder()
  const header = { timestampMs: START_MS, seq: 7 }
  const payload = encoder.encode(header, columns)
  const theirs = {
    timestamp: START_MS,
    seq: 7,
    metrics: Array.from({ length: METRICS }, (_, i) => ({ alias: 16 + i, timestamp: START_MS + i, type: 'Double' as const, value: columns.value[i] as number })),
  }

  const read = peer.decodePayload(payload)
  const ours = decodeData(payload)
  const isEqual =
    read.metrics?.length === METRICS && read.metrics.every((m, i) => Number(m.alias) === ours.samples.key[i] && Number(m.timestamp) === ours.samples.timeMs[i] && m.value === ours.samples.value[i])
  const isEncodingEqual =
    Buffer.from(peer.encodePayload(theirs)).length > 0 &&
    decodeData(peer.encodePayload(theirs))
      .samples.value.subarray(0, METRICS)
      .every((v, i) => v === columns.value[i])

  const reused = new SampleBuilder(METRICS)
  report('decoding')
  const decode = await pair(
    seconds,
    () => {
      reused.clear()
      decodeData(payload, undefined, reused)
    },
    () => {
      peer.decodePayload(payload)
    },
  )
  // Columns from the decoded objects are what central would need; counted separately so that both figures can be read.
  report('decoding into columns')
  const decodeColumns = await pair(
    seconds,
    () => {
      reused.clear()
      decodeData(payload, undefined, reused)
    },
    () => {
      reused.clear()
      for (const m of peer.decodePayload(payload).metrics ?? []) reused.push(Number(m.alias), Number(m.timestamp), m.value as number)
    },
  )
  report('encoding')
  const encode = await pair(
    seconds,
    () => {
      encoder.encode(header, columns)
    },
    () => {
      peer.encodePayload(theirs)
    },
  )
  return {
    ok: isEqual && isEncodingEqual,
    metrics: METRICS,
    bytes: payload.length,
    decodeMicros: decode.ours,
    peerDecodeMicros: decode.theirs,
    decodeRatio: round(decode.theirs / decode.ours),
    peerDecodeToColumnsMicros: decodeColumns.theirs,
    decodeToColumnsRatio: round(decodeColumns.theirs / decodeColumns.ours),
    encodeMicros: encode.ours,
    peerEncodeMicros: encode.theirs,
    encodeRatio: round(encode.theirs / encode.ours),
  }
}

// Alternates short turns of both, so that a noisy neighbour hits both alike; the median turn counts.
async function pair(seconds: number, ours: () => void, theirs: () => void): Promise<{ ours: number; theirs: number }> {
  const turns = 10
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let turn = 0; turn < turns; turn++) {
    times.ours.push(measure(ours, seconds / turns / 2))
    times.theirs.push(measure(theirs, seconds / turns / 2))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { ours: round(median(times.ours)), theirs: round(median(times.theirs)) }
}

function measure(act: () => void, seconds: number): number {
  const start = performance.now()
  let rounds = 0
  while (performance.now() - start < seconds * 1000) {
    for (let i = 0; i < 10; i++) act()
    rounds += 10
  }
  return ((performance.now() - start) * 1000) / rounds
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
