import { get, type IncomingMessage } from 'node:http'

/** An event as it came. */
export interface ReceivedEvent {
  readonly event: string
  readonly data: unknown
}

/** A browser's side of a stream of server-sent events. */
export class SseClient {
  readonly events: ReceivedEvent[] = []
  readonly headers: Readonly<Record<string, unknown>>
  readonly status: number
  readonly ended: Promise<void>
  readonly #response: IncomingMessage
  readonly #waiting = new Set<() => void>()
  #text = ''

  private constructor(response: IncomingMessage) {
    this.#response = response
    this.headers = response.headers
    this.status = response.statusCode ?? 0
    this.ended = new Promise((resolve) => response.once('close', () => resolve()))
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => this.#take(chunk))
    response.on('error', () => undefined)
  }

  /** Connects; resolves when the headers are there. */
  static async open(url: string, cookie: string): Promise<SseClient> {
    return await new Promise((resolve, reject) => {
      get(url, { headers: { cookie } }, (response) => resolve(new SseClient(response))).once('error', reject)
    })
  }

  /** The next event, also one already received, that fits; rejects after ten seconds. */
  async until(fits: (event: ReceivedEvent) => boolean): Promise<ReceivedEvent> {
    const { promise, resolve, reject } = Promise.withResolvers<ReceivedEvent>()
    const timer = setTimeout(() => reject(new TypeError(`no such event among ${JSON.stringify(this.events).slice(0, 500)}`)), 10_000)
    const look = (): void => {
      const found = this.events.find(fits)
      if (found !== undefined) resolve(found)
    }
    this.#waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(look)
    }
  }

  /** Stops reading, as a browser does whose tab sleeps. */
  pause(): void {
    this.#response.pause()
  }

  close(): void {
    this.#response.destroy()
  }

  #take(chunk: string): void {
    this.#text += chunk
    const blocks = this.#text.split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1]
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (event !== undefined && data !== undefined) this.events.push({ event, data: JSON.parse(data) as unknown })
    }
    for (const look of this.#waiting) look()
  }
}
