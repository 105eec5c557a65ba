/**
 * Which process a socket belongs to: its number is in the links of /proc/PID/fd (proc(5)). Only root may read those of other users. Looking through all processes is the most
 * expensive part of a poll, so it is done when a socket turns up that is not known yet, and one that nobody has is not looked for again.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { systemErrorCode } from '../../core/errors.ts'
import { printableText } from '../../core/printable-text.ts'

const SOCKET = /^socket:\[(\d+)\]$/

export interface SocketOwners {
  /** Looks for those that are not known; forgets those that are not among them. */
  refresh(inodes: ReadonlySet<number>): void
  /** `firefox`; null when it is not known. */
  nameOf(inode: number): string | null
  /** Processes whose files could not be read the last time. */
  readonly unreadable: number
}

/** What `read` gives, or null when the process is gone meanwhile or may not be looked at. */
const tryRead = <T>(read: () => T, onDenied: () => void): T | null => {
  try {
    return read()
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'EACCES' || code === 'EPERM') onDenied()
    return null
  }
}

/** @param root `/proc`. */
export const makeSocketOwners = (root: string): SocketOwners => {
  let names = new Map<number, string | null>()
  let unreadable = 0

  const ownersOf = (wanted: Set<number>): void => {
    unreadable = 0
    const deny = (): void => {
      unreadable += 1
    }
    for (const pid of tryRead(() => readdirSync(root), deny) ?? []) {
      if (wanted.size === 0) return
      if (!/^\d+$/.test(pid)) continue
      const folder = `${root}/${pid}`
      let name: string | null = null
      for (const fd of tryRead(() => readdirSync(`${folder}/fd`), deny) ?? []) {
        const link = tryRead(
          () => readlinkSync(`${folder}/fd/${fd}`),
          () => undefined,
        )
        const inode = Number(SOCKET.exec(link ?? '')?.[1] ?? 0)
        // The first process in the list that has it: a socket can have several.
        if (!wanted.delete(inode)) continue
        name ??= printableText(tryRead(() => readFileSync(`${folder}/comm`, 'utf8').trim(), deny) ?? '')
        names.set(inode, name === '' ? null : name)
      }
    }
  }

  return {
    refresh(inodes) {
      const unknown = new Set<number>()
      const kept = new Map<number, string | null>()
      for (const inode of inodes) {
        const name = names.get(inode)
        if (name === undefined) unknown.add(inode)
        else kept.set(inode, name)
      }
      names = kept
      if (unknown.size === 0) return
      ownersOf(unknown)
      for (const inode of unknown) names.set(inode, null)
    },
    nameOf: (inode) => names.get(inode) ?? null,
    get unreadable() {
      return unreadable
    },
  }
}
