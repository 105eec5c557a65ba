/** Failures that a person can do something about: a stable code, one line of what is wrong, and what to do. */

export type ErrorCode =
  | 'ERR_USAGE'
  | 'ERR_INPUT_FILE'
  | 'ERR_OUTPUT_FILE'
  | 'ERR_DISK_FULL'
  | 'ERR_TARGET'
  | 'ERR_TARGET_BLOCKED'
  | 'ERR_NO_TARGETS'
  | 'ERR_HOST_NAME'
  | 'ERR_RAW_PRIVILEGE'
  | 'ERR_INTERFACE'
  | 'ERR_NO_ROUTE'
  | 'ERR_LINK_UNAVAILABLE'
  | 'ERR_LINK_SEND'
  | 'ERR_UNKNOWN_NAME'
  | 'ERR_STORE_NEWER'
  | 'ERR_STORE_CORRUPT'
  | 'ERR_STORE_BUSY'
  | 'ERR_GEO_DATABASE'
  | 'ERR_GEO_MISSING'
  | 'ERR_GEO_INSTALL'
  | 'ERR_GEO_KEY'
  | 'ERR_GEO_QUOTA'
  | 'ERR_GEO_PLAN'
  | 'ERR_GEO_BUDGET'
  | 'ERR_GEO_PROVIDER'
  | 'ERR_TILES'
  | 'ERR_LISTEN'
  | 'ERR_SCENARIO'
  | 'ERR_LAB'
  | 'ERR_CHILD_PROCESS'
  | 'ERR_INTERNAL'

export interface ErrorDetails {
  /** What the person can do about it; a sentence of its own. */
  advice?: string
  cause?: unknown
}

/** Wrong usage ends with exit code 2, everything else with 1. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['ERR_USAGE', 'ERR_TARGET', 'ERR_UNKNOWN_NAME', 'ERR_NO_TARGETS'])

export class InterplotError extends Error {
  override readonly name = 'InterplotError'
  readonly code: ErrorCode
  readonly advice: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.advice = details.advice
  }

  get exitCode(): 1 | 2 {
    return USAGE_CODES.has(this.code) ? 2 : 1
  }

  /** `ERR_CODE: what is wrong. What to do.` on one line. */
  toLine(): string {
    const sentence = /[.!?]$/.test(this.message) ? this.message : `${this.message}.`
    const line = this.advice === undefined ? sentence : `${sentence} ${this.advice}`
    return `${this.code}: ${line}`
  }
}

/** The `code` of a Node.js system error (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export const systemErrorCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
}

/** Turns a file system failure into a coded error that names the file. */
export const fileError = (code: 'ERR_INPUT_FILE' | 'ERR_OUTPUT_FILE', path: string, cause: unknown): InterplotError => {
  const system = systemErrorCode(cause)
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return new InterplotError('ERR_DISK_FULL', `no space left on the device while writing ${path}`, {
      advice: 'Free some space, or write to another disk, and run the command again.',
      cause,
    })
  }
  const reason =
    (system !== undefined && FILE_REASONS[system]) || (cause instanceof Error ? cause.message : String(cause))
  const verb = code === 'ERR_INPUT_FILE' ? 'read' : 'write'
  return new InterplotError(code, `cannot ${verb} ${path}: ${reason}`, {
    advice: 'Check the path and its permissions.',
    cause,
  })
}
