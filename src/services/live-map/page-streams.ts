/**
 * Streams of server-sent events to pages (WHATWG HTML, section 9.2), as many as MOST_PAGES. What a page does not take waits, up to
 * a bound; a page that lags further is cut off, and comes back by itself for a new snapshot.
 */

export const PAGES_MAX = 32
/** A snapshot of 5,000 connections is about 2 MB. */
const BACKLOG_BYTES_MAX = 6_000_000
/** Milliseconds that browsers wait before they ask again. */
const RETRY_MS = 1_000

export const eventBytes = (event: string, value: unknown): Uint8Array =>
  // JSON has no line breaks of its own.
  new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`)

interface PageStream {
  readonly waiting: Uint8Array[]
  waitingBytes: number
  /** Takes what waits when the page asked for more. */
  feed(): void
  close(): void
  /** Ends the connection itself: nobody reads at the other end. */
  readonly cut: () => void
}

export class PageStreams {
  readonly #streams = new Set<PageStream>()
  readonly #backlogBytesMax: number
  #cutOff = 0

  constructor(backlogBytesMax = BACKLOG_BYTES_MAX) {
    this.#backlogBytesMax = backlogBytesMax
  }

  get size(): number {
    return this.#streams.size
  }

  /** Pages that lagged too far. */
  get cutOff(): number {
    return this.#cutOff
  }

  /** @param first what the page gets before anything else. @returns null when there are too many. */
  open(first: Uint8Array, cut: () => void): ReadableStream<Uint8Array> | null {
    if (this.#streams.size >= PAGES_MAX) return null
    const retry = new TextEncoder().encode(`retry: ${RETRY_MS}\n\n`)
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const stream: PageStream = {
      waiting: [retry, first],
      waitingBytes: retry.length + first.length,
      feed() {
        while (controller !== undefined && stream.waiting.length > 0 && (controller.desiredSize ?? 0) > 0) {
          const bytes = stream.waiting.shift()!
          stream.waitingBytes -= bytes.length
          controller.enqueue(bytes)
        }
      },
      close: () => controller?.close(),
      cut,
    }
    this.#streams.add(stream)
    return new ReadableStream<Uint8Array>({
      start(own) {
        controller = own
      },
      pull: () => stream.feed(),
      cancel: () => {
        this.#streams.delete(stream)
      },
    })
  }

  send(bytes: Uint8Array): void {
    for (const stream of this.#streams) {
      if (stream.waitingBytes + bytes.length > this.#backlogBytesMax) {
        this.#streams.delete(stream)
        this.#cutOff += 1
        stream.cut()
        continue
      }
      stream.waiting.push(bytes)
      stream.waitingBytes += bytes.length
      stream.feed()
    }
  }

  close(): void {
    for (const stream of this.#streams) stream.close()
    this.#streams.clear()
  }
}
