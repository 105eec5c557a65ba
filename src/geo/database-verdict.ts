/**
 * A database looked through from end to end: every network of its tree, every record decoded, every answer of the index
 * beside it compared.
 */

import { InterplotError } from '../core/errors.ts'
import { type Ipv6, ipv4 } from '../core/ip.ts'
import type { Place } from '../core/place.ts'
import { type ProgressSink, silentProgress } from '../core/progress.ts'
import { answerOf } from './answer.ts'
import { readIndex } from './indexed-database.ts'
import { brokenDatabase, type MmdbReader, openMmdb } from './mmdb.ts'
import { NO_RECORD } from './mmdb-tree.ts'
import { ALIAS } from './mmdb-walk.ts'
import { indexSource, type WholeSource } from './place-source.ts'
import { hasImpossibleCoordinates, placeFromRecord } from './record.ts'

export interface DatabaseVerdict {
  path: string
  /** Networks with a record and, apart, networks of which nothing is known. */
  networks: { ipv4: number; ipv6: number; unknown: number }
  records: number
  /** Records that say nothing of a place, no coordinates, coordinates that can't be meant, text that is no UTF-8. */
  without: { place: number; coordinates: number }
  impossibleCoordinates: number
  brokenText: number
  /** Null when there is no index of this content. */
  indexAgrees: boolean | null
  /** What is damaged, the first ten; none = sound. */
  damage: string[]
  damageCount: number
}

const DAMAGE_KEPT = 10
const PROGRESS_EVERY = 2 ** 18
/** No Map of V8 has room for more. */
const RECORDS_MAX = 2 ** 24 - 1
/** Stands for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd'

/** Looks into each record once. @param keep whether the places are wanted again: a hostile file may have millions. */
const makeRecordCheck = (reader: MmdbReader, verdict: DatabaseVerdict, keep: boolean) => {
  const placeByRecord = new Map<number, Place | null>()
  const check = (record: number): Place | null => {
    verdict.records += 1
    try {
      const read = reader.read(record)
      const place = placeFromRecord(read)
      if (place === null) verdict.without.place += 1
      else if (place.latitude === undefined) verdict.without.coordinates += 1
      if (hasImpossibleCoordinates(read)) verdict.impossibleCoordinates += 1
      if (JSON.stringify(place).includes(REPLACEMENT)) verdict.brokenText += 1
      return place
    } catch (cause) {
      if (!(cause instanceof InterplotError)) throw cause
      verdict.damageCount += 1
      if (verdict.damage.length < DAMAGE_KEPT) verdict.damage.push(`record ${record}: ${cause.message}`)
      return null
    }
  }
  return (record: number): Place | null => {
    const known = placeByRecord.get(record)
    if (known !== undefined) return known
    if (placeByRecord.size === RECORDS_MAX) throw brokenDatabase(reader.path, `it has more than ${RECORDS_MAX} records`)
    const place = check(record)
    placeByRecord.set(record, keep ? place : null)
    return place
  }
}

/** Equal for equal places, whatever the order in which their fields were set. */
const textOf = (place: Place | null): string => JSON.stringify(Object.entries(place ?? {}).sort())

/** Compares what the tree says with what the index does. */
const makeIndexCheck = (source: WholeSource) => {
  /** Record → number of its place, once both were found to be the same. */
  const numberByRecord = new Map<number, number>([[NO_RECORD, 0]])
  return (answer: number, record: number, bits: number, place: Place | null): boolean => {
    const number = numberByRecord.get(record)
    if (number !== undefined) return answer === answerOf(number, bits)
    const found = answer >>> 8
    if (textOf(source.place(found)) !== textOf(place)) return false
    numberByRecord.set(record, found)
    return answer === answerOf(found, bits)
  }
}

const walk = (reader: MmdbReader, verdict: DatabaseVerdict, progress: ProgressSink): void => {
  const { nodeCount, ipVersion } = reader.metadata
  const stored = readIndex(reader.path)
  const source = stored === null ? null : indexSource(stored.index)
  const placeOf = makeRecordCheck(reader, verdict, source !== null)
  const agrees = source === null ? null : makeIndexCheck(source)
  if (agrees !== null) verdict.indexAgrees = true
  let done = 0
  const look = (record: number, bits: number, find: () => number, family: 'ipv4' | 'ipv6'): void => {
    done += 1
    if (done % PROGRESS_EVERY === 0) progress({ done, total: nodeCount + 1, unit: 'networks' })
    const place = record === NO_RECORD ? null : placeOf(record)
    verdict.networks[record === NO_RECORD ? 'unknown' : family] += 1
    if (agrees !== null && !agrees(find(), record, bits, place)) verdict.indexAgrees = false
  }
  reader.walkIpv4((first, bits, record) => look(record, bits, () => source?.find(ipv4(first)) ?? 0, 'ipv4'))
  if (ipVersion !== 6) return
  reader.walkIpv6((words, bits, record) => {
    if (record === ALIAS) return
    const first = words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n) as Ipv6
    look(record, bits, () => source?.find(first) ?? 0, 'ipv6')
  })
}

/** @returns also for a damaged file. @throws InterplotError ERR_INPUT_FILE when it can't be read at all. */
export const verifyDatabase = (path: string, progress: ProgressSink = silentProgress): DatabaseVerdict => {
  const verdict: DatabaseVerdict = {
    path,
    networks: { ipv4: 0, ipv6: 0, unknown: 0 },
    records: 0,
    without: { place: 0, coordinates: 0 },
    impossibleCoordinates: 0,
    brokenText: 0,
    indexAgrees: null,
    damage: [],
    damageCount: 0,
  }
  try {
    walk(openMmdb(path), verdict, progress)
    if (verdict.indexAgrees === false) {
      verdict.damageCount += 1
      verdict.damage.push(`the index beside it says otherwise; build it again: interplot geo index ${path}`)
    }
  } catch (cause) {
    if (!(cause instanceof InterplotError) || cause.code !== 'ERR_GEO_DATABASE') throw cause
    verdict.damageCount += 1
    verdict.damage.push(cause.message)
  }
  return verdict
}
