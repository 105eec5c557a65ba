/** Who is banned now, asked of a running fail2ban by its own client. */

import type { BanEvent } from '../../core/ban.ts'
import { InterplotError, systemErrorCode } from '../../core/errors.ts'
import { type BanContext, type BanFinding, isRefusal } from './contract.ts'
import { fail2banWords, readBanWithTime } from './fail2ban-words.ts'
import { localTimes } from './local-times.ts'

export interface Fail2banClientOptions {
  /** Only of these jails; absent: all. */
  jails?: readonly string[]
  /** Before the client's command, like `--socket PATH`. */
  clientArgs?: readonly string[]
  /** Of the server's clock; absent: this machine's. */
  timeZone?: string
  /** For one question. */
  timeoutMs?: number
  onRefused?: (reason: string) => void
}

const PROGRAM = 'fail2ban-client'
const TIMEOUT_MS = 15_000
const OUTPUT_MAX = 256 * 1024 * 1024
const JAIL_LIST = /Jail list:[ \t]*(.*)$/m

const failed = (message: string, advice: string, cause?: unknown): InterplotError =>
  new InterplotError('ERR_CHILD_PROCESS', message, { advice, cause })

/** By what the client writes to standard error when it cannot reach its server. */
const unreachable = (words: string): InterplotError | null => {
  if (/Permission denied to socket/.test(words)) {
    return failed('fail2ban does not let you ask it', 'Run it as root, like: sudo interplot bans …')
  }
  if (/Failed to access socket path|Unable to contact server|Could not find server/.test(words)) {
    return failed(
      'fail2ban is not running',
      'Start it, or read its log or its database (/var/lib/fail2ban/fail2ban.sqlite3).',
    )
  }
  return null
}

interface Answer {
  ok: boolean
  text: string
  words: string
}

const ask = async (question: readonly string[], options: Fail2banClientOptions): Promise<Answer> => {
  const { execa } = await import('execa')
  const timeout = options.timeoutMs ?? TIMEOUT_MS
  const result = await execa(PROGRAM, [...(options.clientArgs ?? []), ...question], {
    ...{ reject: false, stdin: 'ignore', timeout, killSignal: 'SIGKILL', maxBuffer: OUTPUT_MAX },
    env: { LC_ALL: 'C' },
  })
  if (systemErrorCode(result.cause) === 'ENOENT') {
    throw failed(
      `there is no ${PROGRAM}`,
      'Install fail2ban, or read a log or a database of its that you copied here.',
      result.cause,
    )
  }
  if (systemErrorCode(result.cause) === 'EACCES') {
    throw failed(`${PROGRAM} may not be run`, 'Run it as root, like: sudo interplot bans …', result.cause)
  }
  if (result.timedOut) {
    throw failed(
      `${PROGRAM} ${question.join(' ')} did not answer within ${timeout / 1000} s`,
      'Look whether fail2ban hangs, or read its log or its database.',
    )
  }
  if (result.isMaxBuffer) {
    throw failed(`${PROGRAM} ${question.join(' ')} does not stop writing`, "Read fail2ban's database instead.")
  }
  const words = `${result.stderr}\n${result.failed ? result.stdout : ''}`
  const problem = result.failed ? unreachable(words) : null
  if (problem !== null) throw problem
  return { ok: !result.failed, text: result.stdout, words: words.trim() }
}

const certain = async (question: readonly string[], options: Fail2banClientOptions): Promise<string> => {
  const { ok, text, words } = await ask(question, options)
  if (ok) return text
  const [first = ''] = words.split('\n')
  throw failed(`${PROGRAM} ${question.join(' ')} failed: ${first.slice(0, 200)}`, 'Try it by hand.')
}

const jailsOf = (status: string): string[] =>
  (JAIL_LIST.exec(status)?.[1] ?? '')
    .split(',')
    .map((jail) => jail.trim())
    .filter((jail) => jail !== '')

const listed = (text: string, context: BanContext): BanFinding[] => {
  const reader = fail2banWords.open(context)
  return text.split('\n').flatMap((line) => (reader.read(line) ?? []) as BanFinding | readonly BanFinding[])
}

const bansOf = async (jail: string, context: BanContext, options: Fail2banClientOptions): Promise<BanFinding[]> => {
  const { ok, text } = await ask(['get', jail, 'banip', '--with-time'], options)
  // Before 0.11 it is no option, or is put between the addresses.
  if (!ok || text.includes('--with-time')) return listed(await certain(['status', jail], options), context)
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return []
    return readBanWithTime(line, jail, context) ?? { refused: 'a line that is not as fail2ban writes it' }
  })
}

/** The bans of one jail after the other. @throws InterplotError ERR_CHILD_PROCESS, saying what to do. */
export async function* fail2banClientBans(options: Fail2banClientOptions = {}): AsyncGenerator<BanEvent[]> {
  const context: BanContext = { localTimes: localTimes(options.timeZone), nowUs: () => 0, attempts: false }
  const jails = options.jails ?? jailsOf(await certain(['status'], options))
  for (const jail of jails) {
    const events: BanEvent[] = []
    for (const finding of await bansOf(jail, context, options)) {
      if (isRefusal(finding)) options.onRefused?.(finding.refused)
      else events.push(finding)
    }
    if (events.length > 0) yield events
  }
}
