/**
 * A real fail2ban of the test's own: sockets, database and jails in its folder, in a network namespace without any way out; its action writes to a file
 * and touches no firewall.
 */

import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const JAILS = ['test-ssh', 'for-ever'] as const

/** Where it is installed, and who may make a namespace. */
export const isFail2banThere = process.geteuid?.() === 0 && spawnSync('fail2ban-client', ['--version']).status === 0

export interface Fail2banServer {
  /** A file of its folder. */
  at(name: string): string
  /** What leads the client to it. */
  readonly clientArgs: readonly string[]
  log(): string
  /** Until it bans. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Often enough for a ban. */
  fail(jail: string, address: string): void
  until(what: string, isSo: () => boolean): Promise<void>
}

const configurationIn = (at: (name: string) => string): Record<string, string> => ({
  'fail2ban.conf': `[DEFAULT]\nloglevel = INFO\nlogtarget = ${at('fail2ban.log')}\nsyslogsocket = auto\nsocket = ${at('socket')}\npidfile = ${at('pid')}\ndbfile = ${at('fail2ban.sqlite3')}\ndbpurgeage = 1d\ndbmaxmatches = 10\n[Definition]\n[Thread]\nstacksize = 0\n`,
  'jail.conf': JAILS.map(
    (jail) =>
      `[${jail}]\nenabled = true\nbackend = polling\nfilter = plain\nlogpath = ${at(`${jail}.in`)}\nmaxretry = 2\nfindtime = 600\nbantime = ${jail === 'for-ever' ? -1 : 3600}\nusedns = no\nignoreself = false\naction = note\n`,
  ).join(''),
  'filter.d/plain.conf': '[Definition]\nfailregex = ^\\s*failed from <HOST>$\ndatepattern = ^%%Y-%%m-%%d %%H:%%M:%%S\n',
  'action.d/note.conf': `[Definition]\nactionban = echo ban <ip> >> ${at('actions')}\nactionunban = echo unban <ip> >> ${at('actions')}\n`,
})

export const makeFail2ban = (folder: string): Fail2banServer => {
  const at = (name: string): string => join(folder, name)
  const config = at('config')
  const clientArgs = ['-c', config, '-s', at('socket'), '-p', at('pid')]
  for (const [name, text] of Object.entries(configurationIn(at))) {
    mkdirSync(join(config, name, '..'), { recursive: true })
    writeFileSync(join(config, name), text)
  }
  for (const jail of JAILS) writeFileSync(at(`${jail}.in`), '')
  const log = (): string => (existsSync(at('fail2ban.log')) ? readFileSync(at('fail2ban.log'), 'utf8') : '')
  const starts = (): number => log().split("Jail 'for-ever' started").length
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    for (let i = 0; !isSo(); i += 1) {
      if (i > 300) throw new Error(`${what} did not happen: ${log()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  let server: ReturnType<typeof spawn> | undefined
  return {
    ...{ at, clientArgs, log, until },
    async start() {
      const before = starts()
      server = spawn('unshare', ['--net', 'fail2ban-server', '-f', ...clientArgs, 'start'], { stdio: 'ignore' })
      await until('the start of the server', () => starts() > before)
    },
    async stop() {
      const running = server
      server = undefined
      if (running === undefined || running.exitCode !== null) return
      const ended = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      await ended
    },
    fail(jail, address) {
      const now = new Date()
      const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000)
      const time = local.toISOString().slice(0, 19).replace('T', ' ')
      appendFileSync(at(`${jail}.in`), `${time} failed from ${address}\n`.repeat(2))
    },
  }
}
