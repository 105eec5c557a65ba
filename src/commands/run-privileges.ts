/**
 * Whose rights a scan, a trace or a watch runs with. Under sudo the process becomes the user who called it, before any file is opened: its files
 * are that user's from the beginning, and only the threads that open sockets keep what that takes, until they have.
 * Elsewhere the threads that read what arrives give up theirs. Where the user could not reach a file that root can, the
 * process stays root's.
 */

import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, fchownSync, openSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../core/package-root.ts'
import { libcUnavailable } from '../link/libc.ts'
import { becomeUser, dropCapabilities, type User } from '../link/privileges.ts'
import { DEFAULT_RESULTS_FILE } from './default-results-file.ts'

export interface PrivilegeOptions {
  keepPrivileges?: boolean
  link?: string
  engine?: string
  db?: string | false
  resume?: string
  outputFile?: string
  metadataFile?: string
  statusUpdatesFile?: string
  logFile?: string
  logDirectory?: string
  bannerOutput?: string
  allowlistFile?: string
  blocklistFile?: string
  listOfIpsFile?: string
  targetsFile?: string
  scenario?: string
}

export interface Privileges {
  /** Whether threads give up their rights when their sockets are open. */
  drop: boolean
  /** What was done, for the log. */
  line: string
}

const ROOT = 0
/** What these name depends on who asks. */
const OWN_DESCRIPTORS = /^\/(?:proc|dev)\/(?!null$)/

const given = (paths: readonly (string | undefined)[]): string[] =>
  paths.filter((path): path is string => path !== undefined && path !== '-').map((path) => resolve(path))

/** Tests for `test`(1): what must be possible, and with which path. */
const needs = (options: PrivilegeOptions): string[] => {
  const { db, resume, outputFile, metadataFile, statusUpdatesFile, logFile, logDirectory } = options
  const results = given([resume ?? (db === false ? undefined : (db ?? DEFAULT_RESULTS_FILE))])
  const readable = given([
    options.allowlistFile,
    options.blocklistFile,
    options.listOfIpsFile,
    options.targetsFile,
    options.scenario,
  ])
  // Worker threads load the program again.
  const program = [fileURLToPath(import.meta.url), fileURLToPath(new URL('package.json', packageRoot))]
  const files = given([
    outputFile,
    statusUpdatesFile,
    logFile,
    options.bannerOutput,
    ...results.flatMap((path) => [path, `${path}-wal`, `${path}-shm`]),
  ])
  // A results file makes and removes files beside it; metadata are renamed into place.
  const folders = [...results, ...given([metadataFile])].map(dirname).concat(given([logDirectory]))
  return [
    ...[...readable, ...program].flatMap((path) => ['-r', path]),
    ...files.map((path) => (existsSync(path) ? path : dirname(path))).flatMap((path) => ['-w', path]),
    ...folders.flatMap((path) => ['-w', path]),
  ]
}

/** Asks the kernel, by a process of that user. */
const reaches = (user: User, tests: readonly string[]): boolean => {
  if (tests.some((word) => OWN_DESCRIPTORS.test(word))) return false
  const script = 'while [ $# -gt 0 ]; do test "$1" "$2" || exit 1; shift 2; done'
  return spawnSync('/bin/sh', ['-c', script, 'sh', ...tests], { ...user, stdio: 'ignore' }).status === 0
}

const callerOf = (environment: NodeJS.ProcessEnv): User | null => {
  const [uid, gid] = [environment['SUDO_UID'], environment['SUDO_GID']].map((text) =>
    text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : ROOT,
  )
  return uid === undefined || gid === undefined || uid === ROOT ? null : { uid, gid }
}

/** Databases and keys are those of the user that the process has become. */
const takeHome = (): void => {
  try {
    process.env['HOME'] = userInfo().homedir
  } catch {
    // A user without a name: that has no home, and finds nothing there.
    process.env['HOME'] = '/nonexistent'
  }
}

/** Decides, and where it is another user's scan, becomes that user. @throws InterplotError ERR_RAW_PRIVILEGE */
export const settlePrivileges = async (options: PrivilegeOptions): Promise<Privileges> => {
  if (options.keepPrivileges === true) return { drop: false, line: 'all kept, as asked for' }
  if (libcUnavailable() !== null) return { drop: false, line: 'all kept: they can be given up on Linux only' }
  if (process.getuid?.() !== ROOT) return { drop: true, line: 'given up when the sockets are open' }
  const caller = callerOf(process.env)
  const threads = 'the threads that read packets give theirs up'
  if (caller === null) return { drop: true, line: `run by root: ${threads}` }
  if (options.engine === 'zmap') return { drop: false, line: 'all kept: zmap is started with them' }
  if (options.link === 'xdp') return { drop: true, line: `the xdp link needs them to its end: ${threads}` }
  if (!reaches(caller, needs(options))) {
    return { drop: true, line: `user ${caller.uid} cannot reach every file of this scan: ${threads}` }
  }
  await becomeUser(caller)
  takeHome()
  return { drop: true, line: `the process is user ${caller.uid}'s; the rest is given up when the sockets are open` }
}

/**
 * Where the process stays root's under sudo, a new file is made the caller's before it is opened: what SQLite puts beside it then is, too.
 * One that is there is left as it is.
 */
export const makeCallersFile = (path: string): void => {
  const caller = process.getuid?.() === ROOT ? callerOf(process.env) : null
  if (caller === null) return
  let fd: number
  try {
    fd = openSync(path, 'wx')
  } catch {
    // It is there, or cannot be made: whoever opens it says so.
    return
  }
  try {
    fchownSync(fd, caller.uid, caller.gid)
  } finally {
    closeSync(fd)
  }
}

/** For the main thread, when every socket is open. Root's own files may lie where root without capabilities cannot write. */
export const giveUpMainThread = (drop: boolean): void => {
  if (drop && process.getuid?.() !== ROOT) dropCapabilities()
}
