/*
 * A Modbus server for simulators: TCP or RTU over TCP on a real socket, function codes 1–4 and 43/14, several units,
 * faults on demand. It refuses every write with exception 1 and counts it, because a gateway must never write.
 * Not here: what the registers mean (the simulators of the families).
 */
import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '@orewatch/core'
import { simulationErrors } from './errors.ts'
import type { RegisterBank } from './modbus-bank.ts'
import { type ModbusFault, ModbusFaults } from './modbus-faults.ts'
import { type ModbusFraming, type ModbusRequest, scanRequest, wrapAnswer } from './modbus-frames.ts'

/** What to serve and where. */
export interface ModbusServerOptions {
  readonly units: ReadonlyMap<number, RegisterBank>
  readonly framing?: ModbusFraming
  /** 0 takes any free port. */
  readonly port?: number
  readonly host?: string
  readonly clock?: Clock
  /** An unknown unit gets exception 11, as from a gateway, or no answer, as on a bus; by default as the framing suggests. */
  readonly unknownUnit?: 'exception' | 'silence'
  /** A request that comes sooner after the last answer is not answered, ms. */
  readonly minGapMs?: number
  /** A read of more registers is not even refused. */
  readonly maxSilentRegisters?: number
  /** How many of the requests that come together are answered; all when absent. */
  readonly maxTogether?: number
}

/** Counters of a server. */
export interface ModbusServerStats {
  requests: number
  answers: number
  /** Requests with a function code that writes; each was refused with exception 1. */
  writes: number
  /** Bytes thrown away because they were no request. */
  garbageBytes: number
  connections: number
  /** Registers and bits given out. */
  values: number
  /** Requests by function code. */
  readonly functionCodes: Map<number, number>
}

/** A running Modbus server. */
export interface ModbusServer {
  readonly port: number
  readonly faults: ModbusFaults
  readonly stats: Readonly<ModbusServerStats>
  /** Resets every connection; clients may connect again at once. */
  readonly resetConnections: () => void
  /** Resets every connection and refuses new ones until `resume`. */
  readonly pause: () => Promise<void>
  /** Listens again, on the same port. */
  readonly resume: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts a server; rejects with SIM_PORT_IN_USE or SIM_LISTEN_FAILED. */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const host = options.host ?? '127.0.0.1'
  const clock = options.clock ?? systemClock
  const faults = new ModbusFaults(clock)
  const stats: ModbusServerStats = { requests: 0, answers: 0, writes: 0, garbageBytes: 0, connections: 0, values: 0, functionCodes: new Map() }
  const sockets = new Set<Socket>()
  const framing = options.framing ?? 'tcp'
  const unknownUnit = options.unknownUnit ?? (framing === 'tcp' ? 'exception' : 'silence')
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    stats.connections++
    socket.once('close', () => sockets.delete(socket))
    serveSocket(socket, {
      units: options.units,
      framing,
      unknownUnit,
      faults,
      stats,
      clock,
      minGapMs: options.minGapMs ?? 0,
      maxTogether: options.maxTogether ?? Number.POSITIVE_INFINITY,
      maxSilentRegisters: options.maxSilentRegisters ?? Number.POSITIVE_INFINITY,
      lastAnswerMs: Number.NEGATIVE_INFINITY,
    })
  }
  let server = await listen(onConnection, options.port ?? 0, host)
  const port = portOf(server)
  const resetConnections = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const pause = async (): Promise<void> => {
    resetConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  const resume = async (): Promise<void> => {
    if (!server.listening) server = await listen(onConnection, port, host)
  }
  return { port, faults, stats, resetConnections, pause, resume, close: pause }
}

interface Serving {
  readonly units: ReadonlyMap<number, RegisterBank>
  readonly framing: ModbusFraming
  readonly unknownUnit: 'exception' | 'silence'
  readonly faults: ModbusFaults
  readonly stats: ModbusServerStats
  readonly clock: Clock
  readonly minGapMs: number
  readonly maxTogether: number
  readonly maxSilentRegisters: number
  /** Monotonic ms. */
  lastAnswerMs: number
}

function serveSocket(socket: Socket, serving: Serving): void {
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  let pending = Buffer.alloc(0)
  const line: Line = { socket, held: undefined, timers: new Set() }
  socket.once('close', () => {
    for (const timer of line.timers) clearTimeout(timer)
  })
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    const answers: Buffer[] = []
    let together = 0
    for (;;) {
      const scan = scanRequest(serving.framing, pending)
      if (scan.kind === 'incomplete') break
      pending = pending.subarray(scan.bytes)
      if (scan.kind === 'garbage') serving.stats.garbageBytes += scan.bytes
      else if (++together > serving.maxTogether || isIgnored(scan.request, serving)) serving.stats.requests++
      else answerOne(scan.request, line, serving, answers)
      if (socket.destroyed) return
    }
    if (answers.length > 0) serving.lastAnswerMs = serving.clock.monotonicMs()
    // One write for all answers to what came together keeps a pipelining client from paying a packet per answer.
    if (answers.length > 0) socket.write(answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers))
    // A client that does not read is left alone instead of filling our memory.
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.resetAndDestroy()
  })
}

function isIgnored({ pdu }: ModbusRequest, { clock, minGapMs, lastAnswerMs, maxSilentRegisters }: Serving): boolean {
  const isLong = (pdu[0] === 3 || pdu[0] === 4) && pdu.length === 5 && pdu.readUInt16BE(3) > maxSilentRegisters
  return isLong || clock.monotonicMs() - lastAnswerMs < minGapMs
}

const MAX_UNREAD_BYTES = 1 << 20

interface Line {
  readonly socket: Socket
  held: Buffer | undefined
  readonly timers: Set<NodeJS.Timeout>
}

function answerOne(request: ModbusRequest, line: Line, serving: Serving, answers: Buffer[]): void {
  const { stats, framing } = serving
  const code = request.pdu[0] as number
  stats.requests++
  stats.functionCodes.set(code, (stats.functionCodes.get(code) ?? 0) + 1)
  if (line.held !== undefined) {
    answers.push(line.held)
    line.held = undefined
  }
  const bank = serving.units.get(request.unit)
  if (bank === undefined && serving.unknownUnit === 'silence') return
  const fault = serving.faults.take(request.unit)
  const pdu = bank === undefined ? exceptionPdu(code, 11) : fault?.kind === 'exception' ? exceptionPdu(code, fault.code) : answerPdu(request.pdu, bank, stats)
  const frame = wrapAnswer(framing, request.transaction, request.unit, pdu)
  stats.answers++
  if (fault === undefined || fault.kind === 'exception') answers.push(frame)
  else misbehave(fault, { request, pdu, frame }, line, serving, answers)
}

interface Answer {
  readonly request: ModbusRequest
  readonly pdu: Buffer
  readonly frame: Buffer
}

function misbehave(fault: Exclude<ModbusFault, { kind: 'exception' }>, answer: Answer, line: Line, { framing }: Serving, answers: Buffer[]): void {
  const { request, pdu, frame } = answer
  const otherTransaction = (request.transaction + 0x4000) & 0xffff
  switch (fault.kind) {
    case 'late':
      return sendLater(line, frame, fault.delayMs)
    case 'wrong-transaction':
      return void answers.push(wrapAnswer(framing, otherTransaction, request.unit, pdu))
    case 'foreign-transaction':
      return void answers.push(wrapAnswer(framing, otherTransaction, framing === 'tcp' ? request.unit : request.unit ^ 0x10, pdu), frame)
    case 'slip':
      return void (line.held = frame)
    case 'wrong-unit':
      return void answers.push(wrapAnswer(framing, request.transaction, request.unit ^ 0x10, pdu))
    case 'half-frame':
      return void answers.push(frame.subarray(0, frame.length >> 1))
    case 'crc-error':
      return void answers.push(withBadCheck(framing, frame))
    case 'silence':
      return
    case 'drip':
      return drip(line, frame, fault.byteEveryMs)
    case 'reset':
      return void line.socket.resetAndDestroy()
  }
}

function withBadCheck(framing: ModbusFraming, frame: Buffer): Buffer {
  const spoilt = Buffer.from(frame)
  const at = framing === 'tcp' ? 5 : spoilt.length - 1
  spoilt[at] = (spoilt[at] as number) ^ 0x01
  return spoilt
}

function sendLater(line: Line, bytes: Buffer, delayMs: number): void {
  const timer = setTimeout(() => {
    line.timers.delete(timer)
    if (!line.socket.destroyed) line.socket.write(bytes)
  }, delayMs)
  line.timers.add(timer)
}

function drip(line: Line, frame: Buffer, byteEveryMs: number): void {
  for (let i = 0; i < frame.length; i++) sendLater(line, frame.subarray(i, i + 1), i * byteEveryMs)
}

function answerPdu(pdu: Buffer, bank: RegisterBank, stats: ModbusServerStats): Buffer {
  const code = pdu[0] as number
  switch (code) {
    case 1:
      return readBits(pdu, bank, 'coils', stats)
    case 2:
      return readBits(pdu, bank, 'discrete', stats)
    case 3:
      return readRegisters(pdu, bank, 'holding', stats)
    case 4:
      return readRegisters(pdu, bank, 'input', stats)
    case 43:
      return identify(pdu, bank)
    default:
      if (WRITING_CODES.has(code)) stats.writes++
      return exceptionPdu(code, 1)
  }
}

const WRITING_CODES = new Set([5, 6, 15, 16, 21, 22, 23])

function readRegisters(pdu: Buffer, bank: RegisterBank, area: 'holding' | 'input', stats: ModbusServerStats): Buffer {
  const code = pdu[0] as number
  if (pdu.length !== 5) return exceptionPdu(code, 3)
  const address = pdu.readUInt16BE(1)
  const count = pdu.readUInt16BE(3)
  if (count < 1 || count > (bank.maxRegistersPerRead ?? 125)) return exceptionPdu(code, 3)
  const registers = bank[area]
  if (address + count > registers.length || touchesUndefined(bank, address, count)) return exceptionPdu(code, 2)
  bank.refresh?.(area, address, count)
  const answer = Buffer.allocUnsafe(2 + 2 * count)
  answer[0] = code
  answer[1] = 2 * count
  for (let i = 0; i < count; i++) answer.writeUInt16BE(registers[address + i] as number, 2 + 2 * i)
  stats.values += count
  return answer
}

function touchesUndefined({ undefinedRegisters }: RegisterBank, address: number, count: number): boolean {
  return undefinedRegisters !== undefined && Array.from({ length: count }, (_, i) => address + i).some((each) => undefinedRegisters.has(each))
}

function readBits(pdu: Buffer, bank: RegisterBank, area: 'coils' | 'discrete', stats: ModbusServerStats): Buffer {
  const code = pdu[0] as number
  if (pdu.length !== 5) return exceptionPdu(code, 3)
  const address = pdu.readUInt16BE(1)
  const count = pdu.readUInt16BE(3)
  if (count < 1 || count > 2000) return exceptionPdu(code, 3)
  const bits = bank[area]
  if (address + count > bits.length) return exceptionPdu(code, 2)
  bank.refresh?.(area, address, count)
  const answer = Buffer.alloc(2 + Math.ceil(count / 8))
  answer[0] = code
  answer[1] = answer.length - 2
  for (let i = 0; i < count; i++) if (bits[address + i] !== 0) answer[2 + (i >> 3)] = (answer[2 + (i >> 3)] as number) | (1 << (i & 7))
  stats.values += count
  return answer
}

// Modbus Application Protocol V1.1b3, 6.21: basic identification, objects 0–2, in one answer.
function identify(pdu: Buffer, bank: RegisterBank): Buffer {
  if (pdu[1] !== 14 || pdu.length !== 4) return exceptionPdu(43, 1)
  const readCode = pdu[2] as number
  const first = pdu[3] as number
  if (bank.identification === undefined) return exceptionPdu(43, 1)
  const { vendor, product, revision } = bank.identification
  const objects = [vendor, product, revision].map((text, id) => ({ id, text: Buffer.from(text.slice(0, 64), 'latin1') }))
  if (readCode !== 1 && readCode !== 4) return exceptionPdu(43, 3)
  if (readCode === 4 && first > 2) return exceptionPdu(43, 2)
  const wanted = objects.filter(({ id }) => (readCode === 4 ? id === first : id >= (first > 2 ? 0 : first)))
  const head = Buffer.from([43, 14, readCode, 0x81, 0, 0, wanted.length])
  return Buffer.concat([head, ...wanted.flatMap(({ id, text }) => [Buffer.from([id, text.length]), text])])
}

function exceptionPdu(code: number, exception: number): Buffer {
  return Buffer.from([code | 0x80, exception])
}

function listen(onConnection: (socket: Socket) => void, port: number, host: string): Promise<Server> {
  const server = createServer({ noDelay: true }, onConnection)
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? simulationErrors.PORT_IN_USE({ host, port }, cause) : simulationErrors.LISTEN_FAILED({ host, port, code: cause.code }, cause))
    })
    server.listen(port, host, () => resolve(server))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
