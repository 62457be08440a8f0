/*
 * A Modbus line: one connection, one fair queue, the devices on it. Schedules the polls, sends what is next, keeps the
 * connection up for ever, and tells the sink how each device stands.
 * Not here: frames (framing.ts, channel.ts), one pass over the points (poll.ts), what a unit has taught us (device.ts).
 */
import { type CodedError, pause, type Reason } from '@orewatch/core'
import type { DeviceSpec, DeviceState, DriverContext, LineDriver, LineStats, RawReading } from '../driver.ts'
import { backoffMs } from './breaker.ts'
import { Channel, type ChannelCounters, type Exchange, type Failure } from './channel.ts'
import type { ModbusLineConfig } from './config.ts'
import { ModbusDevice, type PollGroup, takeDue } from './device.ts'
import { modbusErrors } from './errors.ts'
import { describeFailure, errorOfFailure } from './failures.ts'
import { type Identification, identifyUnit } from './identify.ts'
import { Poll, type PollHost, type ReadJob, reasonOfFailure } from './poll.ts'
import { FairQueue } from './queue.ts'
import { readDeviceOnce } from './single-read.ts'
import { openerOf } from './opener.ts'
import { Wire } from './wire.ts'

/** Counters of a Modbus line beyond those that every line has. */
export interface ModbusLineStats extends LineStats {
  /** Polls left out because the one before was still under way. */
  readonly skippedPolls: number
}

/** A Modbus line, with what only Modbus offers. */
export interface ModbusLineDriver extends LineDriver {
  stats(): ModbusLineStats
  /** Asks a unit for its vendor identification (function code 43/14); rejects with a coded error. */
  identify(device: string, signal: AbortSignal): Promise<Identification>
}

interface LineJob extends ReadJob {
  readonly device: ModbusDevice
}

type Link = { readonly kind: 'down'; readonly reason: Reason; readonly detail: string } | { readonly kind: 'connecting' } | { readonly kind: 'up'; readonly channel: Channel; readonly sinceMs: number }

// setTimeout counts in 32 bits; nothing here waits longer than an hour without looking.
const LONGEST_SLEEP_MS = 3_600_000
const MAX_SINGLE_READS = 4
// A connection on which nothing at all comes back any more is dead even where TCP has not noticed.
const MAX_SILENT_TIMEOUTS = 4

/** One line and its devices. */
export class ModbusLine implements ModbusLineDriver {
  readonly #config: ModbusLineConfig
  readonly #opener: ReturnType<typeof openerOf>
  readonly #wire: Wire
  readonly #ctx: DriverContext
  readonly #devices = new Map<string, ModbusDevice>()
  readonly #queue = new FairQueue<LineJob>()
  readonly #counters: ChannelCounters & { reconnects: number; skippedPolls: number } = {
    requests: 0,
    answers: 0,
    timeouts: 0,
    exceptions: 0,
    discarded: 0,
    reconnects: 0,
    skippedPolls: 0,
  }
  readonly #stopping = new AbortController()
  readonly #awaitingLink = new Set<() => void>()
  #link: Link = { kind: 'connecting' }
  #running: Promise<void> | undefined
  #pollTimer: NodeJS.Timeout | undefined
  #sendTimer: NodeJS.Timeout | undefined
  #isPumping = false

  constructor(config: ModbusLineConfig, ctx: DriverContext) {
    this.#config = config
    this.#opener = openerOf(config)
    this.#wire = new Wire(config)
    this.#ctx = ctx
  }

  start(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return
    this.#running = this.#keepConnected()
    this.#schedule()
  }

  setDevice(spec: DeviceSpec): void {
    if (this.#stopping.signal.aborted) return
    this.removeDevice(spec.id)
    const { breakerThreshold: threshold, breakerPauseMs: pauseMs, breakerMaxPauseMs: maxPauseMs } = this.#config
    const device = new ModbusDevice(spec, { threshold, pauseMs, maxPauseMs }, this.#nowMs())
    this.#devices.set(spec.id, device)
    this.#tell(device, this.#link.kind === 'down' ? this.#lostState(this.#link.reason, this.#link.detail) : { kind: 'starting' })
    if (this.#running !== undefined) this.#schedule()
  }

  removeDevice(id: string): void {
    const device = this.#devices.get(id)
    if (device === undefined) return
    this.#devices.delete(id)
    this.#queue.remove(id)
    this.#abort(device, modbusErrors.UNKNOWN_DEVICE({ device: id }))
  }

  async readOnce(id: string, signal: AbortSignal): Promise<readonly RawReading[]> {
    const device = await this.#awaitDevice(id, signal)
    return await readDeviceOnce(device, (outlet) => this.#newPoll(device, outlet, this.#nowMs() + this.#config.timeoutMs), signal)
  }

  async identify(id: string, signal: AbortSignal): Promise<Identification> {
    const device = await this.#awaitDevice(id, signal)
    return await identifyUnit(
      device.unit,
      signal,
      (request) =>
        new Promise((resolve, reject) => {
          const link = this.#link
          if (link.kind !== 'up') return reject(modbusErrors.CONNECTION_LOST({ device: id }))
          const failed = (failure: Failure): void => reject(errorOfFailure(failure, id, device.unit))
          link.channel.send(this.#track(device, request, this.#config.timeoutMs, (pdu) => resolve(Buffer.from(pdu)), failed))
        }),
    )
  }

  states(): ReadonlyMap<string, DeviceState> {
    return new Map([...this.#devices].map(([id, device]) => [id, device.state]))
  }

  stats(): ModbusLineStats {
    return { ...this.#counters }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#pollTimer)
    clearTimeout(this.#sendTimer)
    this.#queue.drain()
    for (const device of this.#devices.values()) this.#abort(device, modbusErrors.STOPPED())
    if (this.#link.kind === 'up') this.#link.channel.close('stopped')
    this.#wakeWaiters()
    await this.#running
    await this.#opener.released()
  }

  #nowMs(): number {
    return this.#ctx.clock.monotonicMs()
  }

  // ── the connection ──

  async #keepConnected(): Promise<void> {
    let attempt = 0
    while (!this.#stopping.signal.aborted) {
      const hasAnswered = await this.#holdConnection()
      if (this.#stopping.signal.aborted) return
      // A line that worked is tried again almost at once; one that accepts and drops us is left alone ever longer.
      attempt = hasAnswered ? 0 : attempt + 1
      await pause(hasAnswered ? 20 + 80 * Math.random() : backoffMs(attempt - 1, this.#config.reconnectMinMs, this.#config.reconnectMaxMs), this.#stopping.signal)
      this.#counters.reconnects++
    }
  }

  /** Connects and returns when the connection is over: whether any device answered on it. */
  async #holdConnection(): Promise<boolean> {
    const { promise: isOver, resolve: finish } = Promise.withResolvers<void>()
    const channel = new Channel({
      framing: this.#wire.isBus ? 'rtu' : 'tcp',
      ...(this.#config.serial === undefined && { maxSilentTimeouts: MAX_SILENT_TIMEOUTS }),
      clock: this.#ctx.clock,
      counters: this.#counters,
      maxSlips: this.#config.maxSlips,
      onRoom: () => this.#pump(),
      onForeign: (unit) => this.#forgetStale(unit),
      onClose: (cause) => {
        if (this.#link.kind === 'up' && this.#link.channel === channel) this.#link = { kind: 'connecting' }
        this.#ctx.log.info({ ...this.#opener.place, cause }, 'connection closed')
        finish()
      },
    })
    try {
      channel.attach(await this.#opener.open(channel, this.#stopping.signal))
    } catch (err) {
      this.#goDown(err as CodedError)
      return false
    }
    if (!this.#stopping.signal.aborted) this.#goUp(channel)
    else channel.close('stopped')
    await isOver
    if (!channel.hasAnswered) this.#loseAll('connection-lost', 'the connection is accepted and then dropped without an answer')
    return channel.hasAnswered
  }

  #goUp(channel: Channel): void {
    const nowMs = this.#nowMs()
    this.#link = { kind: 'up', channel, sinceMs: nowMs }
    this.#ctx.log.info(this.#opener.place, 'connected')
    for (const device of this.#devices.values()) {
      if (device.breaker.isOpen) device.breaker.probeNow(nowMs)
    }
    this.#wakeWaiters()
    this.#schedule()
    this.#pump()
  }

  #goDown(error: CodedError): void {
    if (this.#stopping.signal.aborted) return
    const isRefused = error.details['cause'] === 'ECONNREFUSED'
    if (this.#link.kind !== 'down') this.#ctx.log.warn({ err: error }, 'line cannot be connected')
    this.#link = { kind: 'down', reason: isRefused ? 'connection-refused' : 'connection-lost', detail: error.message }
    this.#loseAll(this.#link.reason, error.message)
    this.#wakeWaiters()
  }

  #loseAll(reason: Reason, detail: string): void {
    this.#queue.drain()
    for (const device of this.#devices.values()) {
      this.#abort(device, modbusErrors.CONNECTION_LOST({ device: device.spec.id, detail }))
      if (device.state.kind === 'starting' || device.state.kind === 'live') this.#tell(device, this.#lostState(reason, detail))
    }
  }

  #forgetStale(unit: number): void {
    for (const device of this.#devices.values()) if (device.unit === unit) device.staleUntilMs = Number.NEGATIVE_INFINITY
  }

  #wakeWaiters(): void {
    for (const wake of this.#awaitingLink) wake()
  }

  // ── due times ──

  #schedule(): void {
    if (this.#stopping.signal.aborted) return
    clearTimeout(this.#pollTimer)
    const nowMs = this.#nowMs()
    let soonestMs = nowMs + LONGEST_SLEEP_MS
    for (const device of this.#devices.values()) soonestMs = Math.min(soonestMs, this.#scheduleDevice(device, nowMs))
    this.#pollTimer = setTimeout(() => this.#schedule(), Math.max(1, Math.ceil(soonestMs - this.#nowMs())))
  }

  /** Starts what is due and returns when something is due next, monotonic ms. */
  #scheduleDevice(device: ModbusDevice, nowMs: number): number {
    const isUp = this.#link.kind === 'up'
    if (device.breaker.isOpen) {
      for (const group of device.groups) if (takeDue(group, nowMs)) group.isOverdue = true
      if (isUp && !device.isProbing && device.breaker.probeMs <= nowMs) this.#probe(device)
      return device.isProbing || !isUp ? Number.POSITIVE_INFINITY : device.breaker.probeMs
    }
    let soonestMs = Number.POSITIVE_INFINITY
    for (const group of device.groups) {
      const isDue = takeDue(group, nowMs)
      if (isDue || group.isOverdue) {
        if (!isUp) group.isOverdue = true
        else if (group.poll === undefined && !group.isWaiting) void this.#startPoll(device, group)
        else if (isDue) this.#counters.skippedPolls++
      }
      soonestMs = Math.min(soonestMs, group.dueMs)
    }
    return soonestMs
  }

  async #startPoll(device: ModbusDevice, group: PollGroup): Promise<void> {
    group.isWaiting = true
    group.isOverdue = false
    await this.#ctx.ready()
    group.isWaiting = false
    if (this.#link.kind !== 'up' || device.breaker.isOpen) {
      group.isOverdue = true
      return
    }
    if (this.#devices.get(device.spec.id) !== device || this.#stopping.signal.aborted) return
    const asked = device.hasRefused ? device.refusedDue(group, this.#nowMs()) : []
    if (device.hasRefused && device.reportRefused(group, asked).count > 0) this.#ctx.sink.readings(device.spec.id, device.builder)
    const poll = this.#newPoll(
      device,
      {
        readings: (columns) => this.#ctx.sink.readings(device.spec.id, columns),
        finished: () => {
          group.poll = undefined
        },
      },
      group.dueMs,
    )
    group.poll = poll
    poll.start(device.planOf(group), asked)
    this.#pump()
  }

  #newPoll(device: ModbusDevice, outlet: ConstructorParameters<typeof Poll>[1], deadlineMs: number): Poll {
    const host: PollHost = {
      retries: this.#config.retries,
      timeoutMs: this.#config.timeoutMs,
      builder: device.builder,
      nowMs: () => this.#nowMs(),
      enqueue: (job) => this.#enqueue(device, job),
      knownGood: (other) => device.knownGood(other),
      planAlone: (index) => device.planAlone(index),
      refuse: (index, reason, failure) => this.#refuse(device, index, reason, failure),
      accept: (index) => {
        if (device.accept(index)) this.#ctx.log.info({ device: device.spec.id, point: device.spec.points[index]?.name }, 'refused point answers again')
      },
      refuseJoin: (area) => {
        if (device.refuseJoin(area)) this.#ctx.log.warn({ err: modbusErrors.HOLE_REFUSED({ device: device.spec.id, area }) }, 'device refuses joint reads')
      },
    }
    return new Poll(host, outlet, deadlineMs)
  }

  #refuse(device: ModbusDevice, index: number, reason: Reason, failure: Failure): void {
    if (!device.refuse(index, reason, this.#nowMs())) return
    const point = device.spec.points[index]
    const source = point?.source.kind === 'modbus' ? point.source.modbus : undefined
    const err = modbusErrors.ILLEGAL_ADDRESS({ device: device.spec.id, unit: device.unit, point: point?.name, area: source?.area, address: source?.address, answer: describeFailure(failure) })
    this.#ctx.log.error({ err }, 'point cannot be read')
  }

  #probe(device: ModbusDevice): void {
    const read = device.probeRead()
    if (read === undefined) return
    device.isProbing = true
    const over = (): void => {
      device.isProbing = false
    }
    this.#enqueue(device, { read, attempts: 0, deadlineMs: this.#nowMs(), notBeforeMs: 0, timeoutMs: device.probeTimeoutMs(this.#config.timeoutMs), answered: over, failed: over })
    this.#pump()
  }

  // ── the queue ──

  #enqueue(device: ModbusDevice, job: ReadJob): void {
    this.#queue.push(device.spec.id, { ...job, device })
  }

  #pump(): void {
    const link = this.#link
    if (this.#isPumping || link.kind !== 'up' || this.#stopping.signal.aborted) return
    this.#isPumping = true
    link.channel.cork()
    const limit = this.#inFlightLimit()
    while (link.channel.inFlight < limit) {
      const nowMs = this.#nowMs()
      const job = this.#queue.take(nowMs, (id) => this.#readyMs(id, link))
      if (job === undefined) break
      this.#send(link.channel, job)
    }
    link.channel.uncork()
    this.#isPumping = false
    clearTimeout(this.#sendTimer)
    if (link.channel.inFlight >= limit) return
    const nextMs = this.#queue.nextMs((id) => this.#readyMs(id, link))
    if (Number.isFinite(nextMs)) this.#sendTimer = setTimeout(() => this.#pump(), Math.min(LONGEST_SLEEP_MS, Math.max(1, Math.ceil(nextMs - this.#nowMs()))))
  }

  #inFlightLimit(): number {
    if (this.#wire.isBus) return 1
    if (this.#config.maxInFlight !== undefined) return this.#config.maxInFlight
    const first = this.#devices.values().next()
    return this.#devices.size === 1 && first.done !== true ? first.value.quirks.maxInFlight : 1
  }

  /** When the device may be asked next, monotonic ms; Infinity while it has enough under way. */
  #readyMs(id: string, link: Extract<Link, { kind: 'up' }>): number {
    const device = this.#devices.get(id)
    if (device === undefined) return Number.POSITIVE_INFINITY
    const { minGapMs, pauseAfterConnectMs, maxInFlight } = device.quirks
    if (device.inFlight >= (minGapMs > 0 ? 1 : maxInFlight)) return Number.POSITIVE_INFINITY
    const gapEndMs = this.#wire.isBus ? this.#wire.freeMs(minGapMs, link.channel.lastByteMs) : device.lastDoneMs + minGapMs
    return Math.max(gapEndMs, link.sinceMs + pauseAfterConnectMs, device.staleUntilMs)
  }

  #send(channel: Channel, job: LineJob): void {
    const { device, read } = job
    const sentMs = this.#nowMs()
    const shape = this.#wire.isBus ? device.unmistakable(read) : read
    const request = { kind: 'read', unit: device.unit, area: shape.area, address: shape.address, count: shape.count } as const
    if (shape !== read) {
      // Only to bring the line back into step; what it says is not used, and the job waits for its turn.
      this.#queue.push(device.spec.id, job)
      const ignore = (): void => {}
      return channel.send(this.#track(device, request, job.timeoutMs, ignore, ignore))
    }
    const answered = (pdu: Buffer): void => {
      device.rememberGood(read, this.#nowMs() - sentMs)
      job.answered(pdu)
    }
    channel.send(this.#track(device, request, job.timeoutMs, answered, (failure) => job.failed(failure)))
  }

  /** An exchange that keeps the books of its device: under way, alive or failing. */
  #track(device: ModbusDevice, request: Exchange['request'], timeoutMs: number, onAnswer: (pdu: Buffer) => void, onFailure: (failure: Failure) => void): Exchange {
    const sentMs = this.#nowMs()
    device.inFlight++
    const done = (): void => {
      device.inFlight--
      device.lastDoneMs = this.#nowMs()
      this.#wire.done(device.lastDoneMs, device.quirks.minGapMs)
    }
    return {
      request,
      timeoutMs: timeoutMs + this.#wire.travelMs(request),
      onAnswer: (pdu) => {
        done()
        this.#alive(device)
        onAnswer(pdu)
      },
      onFailure: (failure) => {
        done()
        const isUnitAlive = failure.kind === 'exception' && failure.code !== 10 && failure.code !== 11
        if (isUnitAlive) this.#alive(device)
        onFailure(failure)
        if (!isUnitAlive) this.#failing(device, request, failure, sentMs)
      },
    }
  }

  // ── how a device stands ──

  #alive(device: ModbusDevice): void {
    device.breaker.succeed()
    device.settleShapes()
    device.isProbing = false
    if (device.state.kind === 'live' || this.#devices.get(device.spec.id) !== device) return
    this.#tell(device, { kind: 'live', sinceMs: this.#ctx.clock.nowMs() })
    this.#ctx.log.info({ device: device.spec.id, unit: device.unit }, 'device answers')
    this.#schedule()
  }

  #failing(device: ModbusDevice, request: Exchange['request'], failure: Failure, sentMs: number): void {
    if (this.#devices.get(device.spec.id) !== device) return
    const nowMs = this.#nowMs()
    if ((failure.kind === 'timeout' || failure.kind === 'closed') && request.kind === 'read' && this.#wire.isBus) {
      device.oweShape(request)
      device.staleUntilMs = nowMs + this.#config.timeoutMs
    }
    const wasOpen = device.breaker.isOpen
    if (!device.breaker.fail(sentMs, nowMs)) return
    const reason = reasonOfFailure(failure)
    const detail = errorOfFailure(failure, device.spec.id, device.unit).message
    this.#queue.remove(device.spec.id)
    this.#abort(device, errorOfFailure(failure, device.spec.id, device.unit))
    if (!wasOpen) {
      this.#ctx.log.warn({ device: device.spec.id, unit: device.unit, reason, detail }, 'device does not answer')
      if (device.state.kind !== 'lost') this.#tell(device, this.#lostState(reason, detail))
    }
    this.#tell(device, { kind: 'paused', untilMs: this.#ctx.clock.nowMs() + device.breaker.probeMs - nowMs, reason, detail })
    this.#schedule()
  }

  #abort(device: ModbusDevice, error: CodedError): void {
    device.isProbing = false
    device.abortPolls(error)
    for (const poll of device.singles) poll.abort(error)
  }

  #lostState(reason: Reason, detail: string): DeviceState {
    return { kind: 'lost', sinceMs: this.#ctx.clock.nowMs(), reason, detail }
  }

  #tell(device: ModbusDevice, state: DeviceState): void {
    device.state = state
    this.#ctx.sink.state(device.spec.id, state)
  }

  /** The device, once the line is up or known to be down. */
  async #awaitDevice(id: string, signal: AbortSignal): Promise<ModbusDevice> {
    if (this.#stopping.signal.aborted || this.#running === undefined) throw modbusErrors.STOPPED({ device: id })
    if (this.#link.kind === 'connecting') await this.#linkSettled(signal)
    const device = this.#devices.get(id)
    if (device === undefined) throw modbusErrors.UNKNOWN_DEVICE({ device: id, known: [...this.#devices.keys()].slice(0, 20) })
    if (signal.aborted) throw modbusErrors.CANCELLED({ device: id })
    if (this.#link.kind !== 'up') throw modbusErrors[this.#config.serial === undefined ? 'CONNECT_FAILED' : 'PORT_FAILED']({ device: id, ...this.#opener.place })
    if (device.singles.size >= MAX_SINGLE_READS) throw modbusErrors.QUEUE_FULL({ device: id, limit: MAX_SINGLE_READS })
    return device
  }

  async #linkSettled(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#awaitingLink.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    this.#awaitingLink.delete(resolve)
  }
}
