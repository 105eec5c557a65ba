/**
 * Tiles on disk, so that drawing the same map again asks the server for nothing. A file is eight bytes with the time until
 * which the tile counts (milliseconds since the Unix epoch) and the tile. Nothing here makes drawing fail: a folder that
 * cannot be written is a cache that keeps nothing.
 */

import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { systemErrorCode } from '../../core/errors.ts'
import type { TileAddress, TileTemplate } from './tile-template.ts'

const HEADER_BYTES = 8
const KEEP_SECONDS = 7 * 86_400
/** Whatever a server says. */
const MOST_KEEP_SECONDS = 30 * 86_400
const MOST_BYTES = 200 * 1024 ** 2

export interface TileCache {
  read(tile: TileAddress): Promise<Buffer | null>
  /** @param keepSeconds what the server says; null where it says nothing, 0 for not at all. */
  write(tile: TileAddress, body: Buffer, keepSeconds: number | null): Promise<void>
  forget(tile: TileAddress): Promise<void>
  /** Removes the oldest beyond the bound. */
  trim(): Promise<void>
  /** Why nothing is kept, where that is so: a system error's code. */
  problem(): string | null
}

/** XDG Base Directory Specification 0.8; INTERPLOT_CACHE_DIR says otherwise. Null where there is no home either. */
export const tileFolder = (environment: NodeJS.ProcessEnv): string | null => {
  const { INTERPLOT_CACHE_DIR: chosen, XDG_CACHE_HOME: cache, LOCALAPPDATA: local, HOME: own } = environment
  if (chosen !== undefined && chosen !== '') return join(chosen, 'tiles')
  if (process.platform === 'win32' && local !== undefined) return join(local, 'interplot', 'Cache', 'tiles')
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'interplot', 'tiles')
  let home = own
  try {
    if (home === undefined || !isAbsolute(home)) home = homedir()
  } catch {
    return null
  }
  if (!isAbsolute(home)) return null
  return process.platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'interplot', 'tiles')
    : join(home, '.cache', 'interplot', 'tiles')
}

interface StoredFile {
  readonly path: string
  readonly bytes: number
  readonly changedMs: number
}

const storedFiles = async (folder: string): Promise<StoredFile[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        // Another process may have removed it meanwhile.
        const known = await stat(path).catch(() => null)
        return known === null ? [] : [{ path, bytes: known.size, changedMs: known.mtimeMs }]
      }),
  )
  return found.flat()
}

export interface TileCacheOptions {
  /** Null for none. */
  readonly folder: string | null
  readonly template: TileTemplate
  readonly nowMs: number
  readonly mostBytes?: number
}

export const openTileCache = ({ folder, template, nowMs, mostBytes = MOST_BYTES }: TileCacheOptions): TileCache => {
  const own = folder === null ? null : join(folder, template.hash)
  let problem: string | null = folder === null ? 'ENOENT' : null
  let written = false
  const pathOf = (base: string, { z, x, y }: TileAddress): string => join(base, `${z}-${x}-${y}.tile`)
  return {
    async read(tile) {
      if (own === null) return null
      const bytes = await readFile(pathOf(own, tile)).catch(() => null)
      if (bytes === null || bytes.length <= HEADER_BYTES) return null
      const untilMs = bytes.readDoubleLE(0)
      // A clock that was set back must not keep tiles for ever.
      return untilMs > nowMs && untilMs <= nowMs + MOST_KEEP_SECONDS * 1000 ? bytes.subarray(HEADER_BYTES) : null
    },
    async write(tile, body, keepSeconds) {
      const seconds = Math.min(MOST_KEEP_SECONDS, keepSeconds ?? KEEP_SECONDS)
      if (own === null || seconds <= 0 || problem !== null) return
      const header = Buffer.alloc(HEADER_BYTES)
      header.writeDoubleLE(nowMs + seconds * 1000)
      const path = pathOf(own, tile)
      const beside = `${path}.${randomBytes(4).toString('hex')}.part`
      try {
        await mkdir(own, { recursive: true, mode: 0o700 })
        await writeFile(beside, Buffer.concat([header, body]), { mode: 0o600, flag: 'wx' })
        await rename(beside, path)
        written = true
      } catch (cause) {
        problem = systemErrorCode(cause) ?? 'unknown'
        await rm(beside, { force: true }).catch(() => undefined)
      }
    },
    async forget(tile) {
      if (own !== null) await rm(pathOf(own, tile), { force: true }).catch(() => undefined)
    },
    async trim() {
      if (folder === null || !written) return
      const files = await storedFiles(folder).catch((): StoredFile[] => [])
      let bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      for (const file of files.sort((one, other) => one.changedMs - other.changedMs)) {
        if (bytes <= mostBytes) return
        await rm(file.path, { force: true }).catch(() => undefined)
        bytes -= file.bytes
      }
    },
    problem: () => problem,
  }
}
