/**
 * `interplot bans --follow` beside a real fail2ban that is stopped, started, locked and whose log is rotated meanwhile: each is said, none ends it, no ban is lost
 * and none is told twice.
 */

import { spawn } from 'node:child_process'
import { copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isFail2banThere, makeFail2ban } from './fail2ban-server.ts'

const folder = temporaryFolder('bans-follow')
const fail2ban = makeFail2ban(folder)
const { at, clientArgs, fail, log, until } = fail2ban
/** The client that finds the test's own server. */
const bin = folderFor(folder, 'bin')

let ends: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  if (!isFail2banThere) {
    if (process.env['CI'] !== undefined) throw new Error('fail2ban is not installed: apt-get install fail2ban')
    return
  }
  const quoted = clientArgs.map((word) => `'${word}'`).join(' ')
  writeFileSync(
    join(bin, 'fail2ban-client'),
    `#!/bin/sh\nPATH='${process.env['PATH']}' exec fail2ban-client ${quoted} "$@"\n`,
    { mode: 0o755 },
  )
  await fail2ban.start()
})
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})
afterAll(() => fail2ban.stop())

const follow = (name: string, source: string) => {
  const cwd = folderFor(folder, name)
  const args = ['bans', source, '--follow', '--json', '--every', '200ms', '--host', 'web1']
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  const end = (): Promise<number | null> => {
    child.kill('SIGINT')
    return exit
  }
  ends.push(end)
  const told = (): string[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).address)
  return {
    end,
    told,
    tells: (address: string) => until(`${address} (told: ${told()}; said: ${stderr})`, () => told().includes(address)),
    says: (what: RegExp) => until(`${what} in ${stderr}`, () => what.test(stderr)),
    stderr: () => stderr,
    kept: () =>
      query(join(cwd, 'results.db'), `SELECT address, count(*) FROM ban_results WHERE host = 'web1' GROUP BY address`)
        .split('\n')
        .filter((line) => line !== ''),
  }
}

const bans = (): number => log().split(' Ban ').length - 1
/** Bans, and waits until fail2ban has. */
const ban = async (address: string): Promise<void> => {
  fail('test-ssh', address)
  await until(`the ban of ${address}`, () => log().includes(`Ban ${address}`))
}

describe.skipIf(!isFail2banThere)('following a real fail2ban', () => {
  test('the server: stopped, started again, and its bans restored', async () => {
    await ban('192.0.2.1')
    const followed = follow('client', 'fail2ban')
    await followed.says(/fail2ban: 1 ban until now; asking for more/)
    await ban('192.0.2.2')
    await followed.tells('192.0.2.2')
    await fail2ban.stop()
    await followed.says(/fail2ban is not running; asked again until it answers/)
    await fail2ban.start()
    await followed.says(/fail2ban answers again/)
    await ban('192.0.2.3')
    await followed.tells('192.0.2.3')
    expect(await followed.end()).toBe(0)
    expect(followed.told()).toEqual(['192.0.2.2', '192.0.2.3'])
    expect(followed.kept()).toEqual(['192.0.2.1|1', '192.0.2.2|1', '192.0.2.3|1'])
    expect(followed.stderr().match(/asked again/g)).toHaveLength(1)
  })

  test('a server that starts only later', async () => {
    await fail2ban.stop()
    // What was banned in the second in which it begins would be new.
    const second = Math.floor(Date.now() / 1000)
    await until('the next second', () => Math.floor(Date.now() / 1000) > second)
    const followed = follow('late', 'fail2ban')
    await followed.says(/fail2ban is not running; asked again/)
    await fail2ban.start()
    await followed.says(/until now; asking for more/)
    await ban('192.0.2.4')
    await followed.tells('192.0.2.4')
    expect(await followed.end()).toBe(0)
    expect(followed.told()).toEqual(['192.0.2.4'])
  })

  test('its database, locked for a while', async () => {
    const followed = follow('database', at('fail2ban.sqlite3'))
    await followed.says(/bans until now; asking for more/)
    await ban('192.0.2.5')
    await followed.tells('192.0.2.5')
    const other = new Database(at('fail2ban.sqlite3'))
    // Beyond what it waits for fail2ban itself.
    other.pragma('busy_timeout = 10000')
    other.exec('BEGIN EXCLUSIVE')
    await followed.says(/fail2ban\.sqlite3 is locked by another program; asked again/)
    other.exec('COMMIT')
    other.close()
    await followed.says(/fail2ban\.sqlite3 answers again/)
    await ban('192.0.2.6')
    await followed.tells('192.0.2.6')
    expect(await followed.end()).toBe(0)
    expect(followed.told()).toEqual(['192.0.2.5', '192.0.2.6'])
    expect(followed.stderr().match(/is locked/g)).toHaveLength(1)
  })

  test('its log: renamed and made anew, copied and emptied', async () => {
    const followed = follow('log', at('fail2ban.log'))
    await followed.says(/until now; following/)
    const before = bans()
    await ban('192.0.2.7')
    // As logrotate does it: fail2ban goes on in the old file until it is told.
    renameSync(at('fail2ban.log'), at('fail2ban.log.1'))
    fail('test-ssh', '192.0.2.8')
    await followed.tells('192.0.2.8')
    await client('flushlogs')
    await ban('192.0.2.9')
    await followed.tells('192.0.2.9')
    await followed.says(/was rotated|is back/)
    copyFileSync(at('fail2ban.log'), at('fail2ban.log.2'))
    truncateSync(at('fail2ban.log'))
    await followed.says(/was emptied/)
    await ban('192.0.2.10')
    await followed.tells('192.0.2.10')
    expect(await followed.end()).toBe(0)
    expect(before).toBeGreaterThan(0)
    expect(followed.told()).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.9', '192.0.2.10'])
    const kept = followed.kept()
    for (const n of [7, 8, 9, 10]) expect(kept).toContain(`192.0.2.${n}|1`)
  })
})

const client = (...words: string[]): Promise<number | null> =>
  new Promise((resolve) => {
    spawn(join(bin, 'fail2ban-client'), words, { stdio: 'ignore' }).on('close', resolve)
  })
