/** The installed zmap as a process: found, asked what it can do, run, ended. */

import { InterplotError } from '../core/errors.ts'
import { lineBatchesOf, type TextLine } from '../core/text-lines.ts'
import { privilegeError } from './socket.ts'
import { parseDialect, parseNames, type ZmapDialect } from './zmap-dialect.ts'
import { parseZmapLog, type ZmapLogLine } from './zmap-output.ts'

const ASK_MS = 10_000
/** Between a request to end and the end. */
const KILL_MS = 3000

const notInstalled = (cause: unknown): InterplotError =>
  new InterplotError('ERR_LINK_UNAVAILABLE', 'zmap is not installed', {
    advice: 'Install it (Debian: apt-get install zmap; macOS: brew install zmap), or leave --engine out.',
    cause,
  })

/** @throws InterplotError ERR_LINK_UNAVAILABLE when there is no zmap that answers. */
const ask = async (args: readonly string[]): Promise<string> => {
  const { execa } = await import('execa')
  const result = await execa('zmap', args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: ASK_MS,
    maxBuffer: 1e6,
  })
  if (result.code === 'ENOENT') throw notInstalled(result)
  if (!result.failed) return result.all
  const [said = 'no reason given'] = result.all.trim().split('\n').slice(-1)
  throw new InterplotError(
    'ERR_LINK_UNAVAILABLE',
    `zmap ${args.join(' ')} fails: ${parseZmapLog(said)?.message ?? said}`,
    {
      advice: 'Try it by hand, or leave --engine out.',
      cause: result,
    },
  )
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE. */
export const findZmap = async (): Promise<ZmapDialect> => parseDialect(await ask(['--version']), await ask(['--help']))

/** Fields of a probe module's rows. @throws InterplotError ERR_LINK_UNAVAILABLE, also when zmap has no such module. */
export const zmapFields = async (module: string): Promise<string[]> =>
  parseNames(await ask(['--probe-module', module, '--list-output-fields']))

export interface ZmapProcess {
  /** Lines of its standard output, as many at a time as have come. */
  readonly lines: AsyncIterable<TextLine[]>
  /** Asks it to end; after a while it is made to. */
  stop(): void
  /** Resolves when it has ended. @throws InterplotError why it failed, unless it was stopped. */
  ended(): Promise<void>
}

const failureOf = (fatal: string | null, exitCode: number | undefined, signal: string | undefined): InterplotError => {
  const reason = fatal ?? (signal === undefined ? `it ended with exit code ${exitCode}` : `it was ended by ${signal}`)
  if (/not permitted|permission denied|must be root|CAP_NET_RAW/i.test(reason)) {
    return privilegeError(new Error(`zmap: ${reason}`))
  }
  return new InterplotError('ERR_CHILD_PROCESS', `zmap: ${reason}`, {
    advice: 'Leave --engine out to scan without zmap.',
  })
}

export interface ZmapStart {
  args: readonly string[]
  /** Gets each line of its log. */
  onLog: (line: ZmapLogLine) => void
  /** Whether the scan is being ended: a Ctrl-C in the terminal reaches zmap, too. */
  isEnding: () => boolean
}

export const startZmap = async ({ args, onLog, isEnding }: ZmapStart): Promise<ZmapProcess> => {
  const { execa } = await import('execa')
  const child = execa('zmap', args, {
    reject: false,
    buffer: false,
    stdin: 'ignore',
    forceKillAfterDelay: KILL_MS,
    env: { LC_ALL: 'C' },
  })
  let stopped = false
  let fatal: string | null = null
  const reading = (async () => {
    for await (const batch of lineBatchesOf(child.stderr, "zmap's log")) {
      for (const { line } of batch) {
        const log = parseZmapLog(line)
        if (log === null) continue
        if (log.level === 'FATAL') fatal = log.message
        onLog(log)
      }
    }
  })()
  // Rejections are seen in ended(); until then nobody looks.
  reading.catch(() => undefined)
  return {
    lines: lineBatchesOf(child.stdout, "zmap's output"),
    stop() {
      stopped = true
      child.kill('SIGTERM')
    },
    async ended() {
      const result = await child
      await reading
      if (result.code === 'ENOENT') throw notInstalled(result)
      if (stopped || isEnding() || !result.failed) return
      throw failureOf(fatal, result.exitCode, result.signal)
    },
  }
}
