/**
 * `scan --banner`: a second stage over kernel sockets. Each target whose first success comes in is asked once, beside the
 * scan, by a bounded pool; what it says goes to the table `banners` and, if wanted, to a file of rows.
 */

import { setMaxListeners } from 'node:events'
import type { Banner } from '../../core/banner.ts'
import { isoTime, systemClock } from '../../core/clock.ts'
import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, ipv4 } from '../../core/ip.ts'
import { REPLY_REPEAT, REPLY_SUCCESS, type ReplyBatch } from '../../core/reply-batch.ts'
import type { Value } from '../../core/reply-field.ts'
import { formatCount } from '../../core/units.ts'
import { readBanner } from '../../link/banner-reader.ts'
import { portsOutside } from '../../link/local-ports.ts'
import { openSink } from '../../output/sink.ts'
import { bannerQuestion } from '../../probe/banner-question.ts'
import type { ScanPlan } from '../../probe/scan-plan.ts'
import { mintTarget } from '../../targets/target-set.ts'
import { bannerProtocol } from '../../wire/banner-protocol.ts'
import { httpTitle } from '../../wire/http-title.ts'
import { refuseOverwriting } from '../output-path.ts'
import { makePool, type PoolCounts } from './banner-pool.ts'
import { outputFormatFor } from './scan-output.ts'

export interface BannerOptions {
  banner?: boolean
  bannerConcurrency?: number
  bannerOutput?: string
}

/** What there is of a run's banners. */
export interface BannerCounts extends PoolCounts {
  /** Said something, or showed a certificate. */
  read: number
  /** Were being asked when a person ended it, and had said nothing yet. */
  cut: number
}

export interface BannerStage {
  /** Asks the first successes of the batch, when their turn comes. */
  onBatch(batch: ReplyBatch): void
  /** Ends it; what has come is kept. */
  cancel(): void
  /** When everybody was asked, and what they said is kept. @throws InterplotError ERR_OUTPUT_FILE, ERR_DISK_FULL. */
  finish(): Promise<void>
  counts(): BannerCounts
  /** The live line, once the scan is over. */
  progress(): string
}

export interface BannerSetup {
  plan: ScanPlan
  options: BannerOptions
  /** Ours, where the person chose it. */
  localAddress?: string
  /** Keeps them. */
  keep: (banners: readonly Banner[]) => void
}

const DEFAULT_CONCURRENCY = 100
/** Targets that wait for their turn: 40 MB at most. */
const MAX_WAITING = 1_000_000
const LIMITS = { totalMs: 6000, idleMs: 500, maxBytes: 16_384 } as const
/** Of what was read, for the title, as much is kept. */
const KEPT_BYTES = 2048
const ROWS_AT_A_TIME = 64
const KEEP_MS = 500

const FIELDS = [
  ...['saddr', 'sport', 'timestamp_str', 'outcome', 'protocol', 'banner', 'title', 'tls_version', 'tls_names'],
  ...['tls_issuer', 'tls_not_before', 'tls_not_after'],
]

/** One line that drives no terminal: what is not printable becomes \r, \n, \t or \xNN. */
const printable = (bytes: Uint8Array): string | null => {
  if (bytes.length === 0) return null
  const names: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\\': '\\\\' }
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^\x20-\x5b\x5d-\x7e]/g, (one) => names[one] ?? `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

const rowOf = ({ address, port, timeUs, outcome, protocol, bytes, title, tls }: Banner): Value[] => [
  ...[formatIpv4(address), port, isoTime(timeUs), outcome, protocol, printable(bytes), title],
  ...[tls?.version ?? null, tls?.names.join(' ') ?? null, tls?.issuer ?? null, tls?.notBefore ?? null],
  tls?.notAfter ?? null,
]

/**
 * @param module the probe module's name. @param others files that are written, too.
 * @throws InterplotError ERR_USAGE for what does not go together.
 */
export const checkBanners = (
  options: BannerOptions,
  module: string,
  isSimulation: boolean,
  others: readonly string[],
): void => {
  const { banner, bannerConcurrency, bannerOutput } = options
  const refuse = (message: string, advice: string): never => {
    throw new InterplotError('ERR_USAGE', message, { advice })
  }
  if (banner !== true) {
    if (bannerConcurrency === undefined && bannerOutput === undefined) return
    refuse('options of the banners, but no --banner', 'Give --banner, too.')
  }
  if (module !== 'tcp-syn') refuse(`--banner wants open TCP ports, not ${module}`, 'Choose --probe-module tcp-syn.')
  if (isSimulation) {
    refuse(
      '--banner would ask real hosts for what a simulation has answered',
      'Leave it out, or use the lab in namespaces.',
    )
  }
  if (bannerOutput !== undefined) refuseOverwriting(bannerOutput, others)
}

/** Rows to a file, one after the other. */
const openRows = async (path: string | undefined) => {
  if (path === undefined) return null
  const sink = await openSink(path)
  const writer = outputFormatFor(path, path === '-' ? 'ndjson' : undefined).open(FIELDS)
  await sink.write(writer.header())
  return {
    async write(banners: readonly Banner[]) {
      for (const banner of banners) await sink.write(writer.row(rowOf(banner)))
      await sink.flush()
    },
    async close() {
      await sink.write(writer.end())
      await sink.close()
    },
  }
}

/** @throws InterplotError ERR_OUTPUT_FILE. */
export const openBannerStage = async ({ plan, options, localAddress, keep }: BannerSetup): Promise<BannerStage> => {
  const rows = await openRows(options.bannerOutput)
  const aborting = new AbortController()
  // Each open connection listens; Node.js would take more than ten listeners for a leak.
  setMaxListeners(0, aborting.signal)
  const nextPort = portsOutside(plan.sourcePorts)
  let held: Banner[] = []
  let read = 0
  let cut = 0
  let writing = Promise.resolve()
  const save = (): Promise<void> => {
    if (held.length === 0) return writing
    const banners = held
    held = []
    keep(banners)
    writing = writing.then(() => rows?.write(banners))
    // Who waits for it sees the failure; until then nobody looks.
    writing.catch(() => undefined)
    return writing
  }
  const pool = makePool<{ address: number; port: number }>({
    concurrency: options.bannerConcurrency ?? DEFAULT_CONCURRENCY,
    maxWaiting: MAX_WAITING,
    async work({ address, port }) {
      const { outcome, bytes, tls } = await readBanner({
        targets: mintTarget(plan.targets, ipv4(address), port),
        ...bannerQuestion(address, port, plan.contact),
        limits: LIMITS,
        signal: aborting.signal,
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(nextPort === undefined ? {} : { nextPort }),
      })
      if (outcome === 'read') read += 1
      else if (aborting.signal.aborted) {
        cut += 1
        return
      }
      held.push({
        ...{ address, port, timeUs: systemClock.nowUs(), outcome, tls },
        bytes: bytes.slice(0, KEPT_BYTES),
        protocol: bannerProtocol(bytes),
        title: httpTitle(bytes),
      })
      if (held.length >= ROWS_AT_A_TIME) await save()
    },
  })
  const timer = setInterval(() => void save().catch(() => undefined), KEEP_MS)
  return {
    onBatch(batch) {
      for (let row = 0; row < batch.count; row += 1) {
        if ((batch.flags[row]! & (REPLY_SUCCESS | REPLY_REPEAT)) !== REPLY_SUCCESS) continue
        pool.offer({ address: batch.target[row]!, port: batch.port[row]! })
      }
    },
    cancel() {
      pool.cancel()
      aborting.abort()
    },
    async finish() {
      try {
        await pool.drained()
      } finally {
        clearInterval(timer)
        await save()
        await rows?.close()
      }
    },
    counts() {
      const counts = pool.counts()
      return { ...counts, done: counts.done - cut, read, cut }
    },
    progress() {
      const { done, active, waiting } = pool.counts()
      return `banners: ${formatCount(done)} of ${formatCount(done + active + waiting)} asked, ${formatCount(read)} said something`
    },
  }
}

/** The line at the end. */
export const bannerLine = ({ done, read, dropped, cut }: BannerCounts): string => {
  const lost = dropped === 0 ? '' : `; ${formatCount(dropped)} not asked`
  const ended = cut === 0 ? '' : `; ${formatCount(cut)} cut off`
  return `banners: ${formatCount(read)} of ${formatCount(done)} hosts said something or showed a certificate${lost}${ended}`
}
