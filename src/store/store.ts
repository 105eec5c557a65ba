/**
 * The results file: where everything that interplot finds meets. SQLite with a write-ahead log; one writer at a time,
 * any number of readers meanwhile. What a method has written is committed when it returns: whatever happens to the
 * process afterwards, the file opens and holds it.
 */

import type { Banner } from '../core/banner.ts'
import type { ConnectionBatch } from '../core/connection-batch.ts'
import type { HopBatch } from '../core/hop-batch.ts'
import type { IpAddress } from '../core/ip.ts'
import type { LocatedBatch } from '../core/located-batch.ts'
import type { Place } from '../core/place.ts'
import type { ReplyBatch } from '../core/reply-batch.ts'
import type { TraceHop } from '../core/trace.ts'
import { type AddressPlace, placeOf } from './address-places.ts'
import { type AnsweringNetworkRow, putAnsweringNetworks } from './answering-networks.ts'
import { countNewBans } from './ban-count.ts'
import { type BanPointsQuery, readBanPoints } from './ban-points.ts'
import {
  type AttemptCount,
  type Ban,
  type BanSelection,
  hasBans,
  purgeBans,
  putReported,
  readAttempts,
  readBanPlaces,
  readBans,
  reportedRun,
  unlocatedBanned,
} from './ban-reader.ts'
import { type BanWriter, makeBanWriter } from './ban-writer.ts'
import { putBanners } from './banners.ts'
import {
  type Checkpoint,
  forgetPlan,
  type ResumableScan,
  reopenRun,
  resumableScan,
  type SeenReplies,
  type StoredPlan,
  saveCheckpoint,
  savePlan,
  seenReplies,
} from './checkpoints.ts'
import { makeColumnReader } from './column-reader.ts'
import { type ConnectionPointsQuery, hasConnections, readConnectionPoints } from './connection-points.ts'
import { type ConnectionWriter, makeConnectionWriter, purgeConnections } from './connections.ts'
import { makeDistinctAddressReader } from './distinct-addresses.ts'
import { storeError } from './errors.ts'
import type { EventPoints } from './event-points.ts'
import { makeHopWriters, type NewMassTraces } from './hop-writer.ts'
import { type HostName, putHostNames, readHostNames } from './host-names.ts'
import {
  type ImpossiblePlace,
  putImpossiblePlaces,
  type RunVantage,
  runVantages,
  type TimedPlaces,
  timedPlaces,
  timedRuns,
} from './latencies.ts'
import {
  type LocationCounts,
  type LookupScope,
  locationCounts,
  type UnlocatedAddresses,
  unlocatedAddresses,
} from './location-queries.ts'
import {
  forgetMassTrace,
  type ResumableMassTrace,
  resumableMassTrace,
  type StoredMassTrace,
  saveMassTrace,
  saveMassTraceState,
} from './mass-traces.ts'
import { makePlaceWriter, type PlaceWriter, type PutCounts } from './place-writer.ts'
import { type Points, type PointsQuery, readAddresses, readPoints } from './points.ts'
import { type ReplyStates, readReplyStates } from './reply-states.ts'
import { makeReplyWriters } from './reply-writer.ts'
import { RESULT_COLUMNS } from './result-columns.ts'
import { type OpenOptions, openResultsFile } from './results-file.ts'
import { type ResultRow, readResults } from './results-reader.ts'
import { withRowPages } from './row-pages.ts'
import { beginRun, finishRun, listRuns, type NewRun, type Run, type RunEnd } from './runs.ts'
import type { Selection } from './selection.ts'
import type { Reading } from './sightings.ts'
import { readTracePaths, type TracePath, type TraceSelection } from './trace-paths.ts'
import {
  extendTrace,
  listTraces,
  type NewTrace,
  putTrace,
  readHops,
  type TraceOutcome,
  type TraceSummary,
} from './traces.ts'

export interface Store {
  readonly path: string
  /** @returns the run's id. */
  beginRun(run: NewRun): number
  finishRun(runId: number, end: RunEnd): void
  runs(): Run[]
  /** What a scan needs to be gone on with, until it is done. */
  savePlan(runId: number, plan: StoredPlan): void
  /** How far the run has come; durable on return, with everything that was written before. */
  saveCheckpoint(runId: number, checkpoint: Checkpoint): void
  forgetPlan(runId: number): void
  /** The latest scan that is not done, or null. */
  resumableScan(): ResumableScan | null
  /** Takes back a run's end. */
  reopenRun(runId: number): void
  /** What has answered in the run so far. */
  seenReplies(runId: number): SeenReplies
  /** Networks whose hits of this run say nothing, because everything answers there. */
  putAnsweringNetworks(runId: number, networks: readonly AnsweringNetworkRow[]): void
  /** What hosts of this run said over a connection. */
  putBanners(runId: number, banners: readonly Banner[]): void
  /** What is known of connections; rows of the same run and number are replaced. Committed on return. */
  putConnections(runId: number, batch: ConnectionBatch): void
  /** Forgets connections that were last seen before this time. @returns how many. */
  purgeConnections(beforeUs: number): number
  /** Connections per place of the remote end. */
  connectionPoints(query?: ConnectionPointsQuery): EventPoints
  hasConnections(): boolean
  /** Appends rows 0 … count-1, committed on return; above 500,000 rows a second for batches of 1,000 and more. */
  appendReplies(runId: number, batch: ReplyBatch): void
  /** Distinct addresses of observations, hops, bans and connections without a location (or, by scope, with none found, or all). */
  unlocatedAddresses(scope?: LookupScope): UnlocatedAddresses
  /** Stores what a provider found, and that it found nothing; replaces what was known of these addresses. */
  putPlaces(provider: string, batch: LocatedBatch): PutCounts
  /** What is known of where an address is; null = nothing, undefined = it was not looked up. */
  placeOf(address: IpAddress): AddressPlace
  locationCounts(): LocationCounts
  /** Addresses per place: by default those that answered with a success. */
  points(query?: PointsQuery): Points
  /** The distinct IPv4 addresses of a selection, ascending. */
  addresses(selection?: Selection): Uint32Array
  /** What was found of each target, for comparing two scans; by default successes. */
  replyStates(selection?: Selection): ReplyStates
  runVantages(): RunVantage[]
  /** Ids of the runs in which round trip times were measured; looks at every observation. */
  timedRuns(): number[]
  /** Places with coordinates beside the least RTT that the run measured to each address, a batch for each family. */
  timedPlaces(runId: number): TimedPlaces[]
  /** Addresses that answered too soon for their place; replaces what was known of the run. */
  putImpossiblePlaces(runId: number, found: Iterable<ImpossiblePlace>): void
  /** Which providers named the places in the file, for the attribution on a map. */
  providers(): string[]
  putTrace(runId: number, trace: NewTrace): void
  /** Adds to a trace that was put, while it goes on. */
  extendTrace(traceId: string, hops: readonly TraceHop[], outcome?: TraceOutcome): void
  /** What a mass trace needs to be gone on with, until it is done. */
  saveMassTrace(runId: number, trace: StoredMassTrace): void
  /** How far it has come, after the hops that it knows of have been appended. */
  saveMassTraceState(runId: number, state: Uint8Array, savedUs: number): void
  forgetMassTrace(runId: number): void
  /** The latest mass trace that is not done, or null. */
  resumableMassTrace(): ResumableMassTrace | null
  /** To be called before the first hop of a mass trace is appended. */
  beginTraces(runId: number, traces: NewMassTraces): void
  /** Appends rows 0 … count-1, committed on return. */
  appendHops(runId: number, batch: HopBatch): void
  /** Ends all traces of the run. */
  finishTraces(runId: number, finishedUs: number): void
  /** In the order in which they were put. @param target only those to it; absent = all. */
  traces(target?: IpAddress): TraceSummary[]
  /** Hops of one trace, null when it is not there. */
  hops(traceId: string): TraceHop[] | null
  /** Traces hop by hop with the places of their hops, oldest first. */
  tracePaths(selection?: TraceSelection): TracePath[]
  /** Names by reverse DNS; one that is known stays when it is not found again. */
  putHostNames(names: readonly HostName[], askedUs: number): void
  hostNames(): Map<IpAddress, string>
  /** To be written to by one import. */
  banWriter(runId: number): BanWriter
  bans(selection?: BanSelection): Ban[]
  banAttempts(selection?: BanSelection): AttemptCount[]
  /** By the numbers of places in `bans` and `banAttempts`. */
  banPlaces(): Map<number, Place>
  /** Distinct addresses of bans and attempts that were never looked up. */
  unlocatedBanned(): UnlocatedAddresses
  /** Bans per place. */
  banPoints(query?: BanPointsQuery): EventPoints
  hasBans(): boolean
  /** Bans that one of these runs was the first to tell of. */
  newBans(runIds: ReadonlySet<number>): number
  /** The last run that a report of bans told of; 0 = none did. */
  reportedRun(): number
  /** From now on all runs until now, or until this one, have been told of. @returns the last of them. */
  putReported(runId?: number): number
  /** Forgets bans that ended, and attempts that were, before then. */
  purgeBans(beforeUs: number): number
  /** Names of what `results` yields, in order. */
  readonly resultColumns: readonly string[]
  /** Observations with everything spelled out (the `results` view), one at a time. Do not write meanwhile. */
  results(selection?: Selection): IterableIterator<ResultRow>
  close(): void
}

/**
 * Opens a results file.
 * @throws InterplotError ERR_STORE_NEWER (of a newer version), ERR_STORE_CORRUPT (damaged, or not a results file; left
 *   as it is), ERR_STORE_BUSY (another writer), ERR_INPUT_FILE (missing or unreadable), ERR_OUTPUT_FILE (folder missing
 *   or not writable), ERR_DISK_FULL. Every method throws the same codes.
 */
export const openStore = (path: string, options: OpenOptions): Store => {
  const database = openResultsFile(path, options)
  const columns = makeColumnReader(database)
  const addresses = makeDistinctAddressReader(database, columns)
  const replyWriters = makeReplyWriters(database, path)
  const hopWriters = makeHopWriters(database)
  let placeWriter: PlaceWriter | undefined
  let connectionWriter: ConnectionWriter | undefined

  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw storeError(path, cause)
    }
  }
  /** Several queries on one state of the file, whatever is written meanwhile. */
  const snapshot = <T>(work: () => T): T => guarded(() => database.transaction(work)())
  /** The same, with pages where there may be many rows. */
  const read = <T>(work: (reading: Reading) => T): T =>
    snapshot(() => withRowPages(database, (pages) => work({ database, columns, pages })))
  return {
    path,
    resultColumns: RESULT_COLUMNS,
    beginRun: (run) => guarded(() => beginRun(database, run)),
    finishRun(runId, end) {
      replyWriters.forget(runId)
      guarded(() => finishRun(database, runId, end))
    },
    runs: () => read(listRuns),
    savePlan: (runId, plan) => guarded(() => savePlan(database, runId, plan)),
    saveCheckpoint: (runId, checkpoint) => guarded(() => saveCheckpoint(database, runId, checkpoint)),
    forgetPlan: (runId) => guarded(() => forgetPlan(database, runId)),
    resumableScan: () => guarded(() => resumableScan(database)),
    reopenRun: (runId) => guarded(() => reopenRun(database, runId)),
    seenReplies: (runId) => guarded(() => seenReplies(columns, runId)),
    putAnsweringNetworks: (runId, networks) => guarded(() => putAnsweringNetworks(database, runId, networks)),
    putBanners: (runId, banners) => guarded(() => putBanners(database, runId, banners)),
    putConnections(runId, batch) {
      addresses.forget()
      guarded(() => {
        connectionWriter ??= makeConnectionWriter(database)
        connectionWriter.put(runId, batch)
      })
    },
    purgeConnections(beforeUs) {
      addresses.forget()
      return guarded(() => purgeConnections(database, beforeUs))
    },
    connectionPoints: (query = {}) => snapshot(() => readConnectionPoints(database, columns, query)),
    hasConnections: () => guarded(() => hasConnections(database)),
    appendReplies(runId, batch) {
      addresses.forget()
      guarded(() => replyWriters.of(runId).append(batch))
    },
    unlocatedAddresses: (scope = 'new') =>
      snapshot(() => unlocatedAddresses(database, columns, addresses.read(), scope)),
    putPlaces(provider, batch) {
      return guarded(() => {
        placeWriter ??= makePlaceWriter(database)
        return placeWriter.put(provider, batch)
      })
    },
    locationCounts: () => snapshot(() => locationCounts(database, columns, addresses.read())),
    placeOf: (address) => guarded(() => placeOf(database, address)),
    points: (query = {}) => read((reading) => readPoints(reading, query)),
    addresses: (selection = {}) => read((reading) => readAddresses(reading, selection)),
    replyStates: (selection = {}) => snapshot(() => readReplyStates(database, columns, selection)),
    runVantages: () => guarded(() => runVantages(database)),
    timedRuns: () => guarded(() => timedRuns(database)),
    timedPlaces: (runId) => snapshot(() => timedPlaces(database, columns, runId)),
    putImpossiblePlaces: (runId, found) => guarded(() => putImpossiblePlaces(database, runId, found)),
    providers: () =>
      guarded(() => database.prepare<[], string>('SELECT DISTINCT provider FROM places ORDER BY 1').pluck().all()),
    putTrace(runId, trace) {
      addresses.forget()
      guarded(() => putTrace(database, runId, trace))
    },
    extendTrace(traceId, hops, outcome) {
      addresses.forget()
      guarded(() => extendTrace(database, traceId, hops, outcome))
    },
    saveMassTrace: (runId, trace) => guarded(() => saveMassTrace(database, runId, trace)),
    saveMassTraceState: (runId, state, savedUs) => guarded(() => saveMassTraceState(database, runId, state, savedUs)),
    forgetMassTrace: (runId) => guarded(() => forgetMassTrace(database, runId)),
    resumableMassTrace: () => guarded(() => resumableMassTrace(database)),
    beginTraces: (runId, traces) => guarded(() => hopWriters.begin(runId, traces)),
    appendHops(runId, batch) {
      addresses.forget()
      guarded(() => hopWriters.of(runId).append(batch))
    },
    finishTraces: (runId, finishedUs) => guarded(() => hopWriters.finish(runId, finishedUs)),
    traces: (target) => guarded(() => listTraces(database, target)),
    hops: (traceId) => guarded(() => readHops(database, traceId)),
    tracePaths: (selection) => guarded(() => readTracePaths(database, selection)),
    putHostNames: (names, askedUs) => guarded(() => putHostNames(database, names, askedUs)),
    hostNames: () => guarded(() => readHostNames(database)),
    banWriter(runId) {
      const writer = guarded(() => makeBanWriter(database, runId))
      return {
        put(batch) {
          addresses.forget()
          return guarded(() => writer.put(batch))
        },
      }
    },
    bans: (selection = {}) => guarded(() => readBans(database, selection)),
    banAttempts: (selection = {}) => guarded(() => readAttempts(database, selection)),
    banPlaces: () => guarded(() => readBanPlaces(database)),
    unlocatedBanned: () => guarded(() => unlocatedBanned(database)),
    banPoints: (query = {}) => snapshot(() => readBanPoints(database, query)),
    hasBans: () => guarded(() => hasBans(database)),
    newBans: (runIds) => guarded(() => countNewBans(columns, runIds)),
    reportedRun: () => guarded(() => reportedRun(database)),
    putReported: (runId) => guarded(() => putReported(database, runId)),
    purgeBans(beforeUs) {
      addresses.forget()
      return guarded(() => purgeBans(database, beforeUs))
    },
    results: (selection = {}) => guarded(() => readResults(database, path, selection)),
    close: () => guarded(() => database.close()),
  }
}
