/** A real fail2ban where it is installed (Debian's package does): what its client, its log and its database say of the same bans agrees. */

import { spawnSync } from 'node:child_process'
import { chmodSync, createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BanEvent } from '../../src/core/ban.ts'
import { formatIp } from '../../src/core/ip.ts'
import { readBans } from '../../src/sources/bans/ban-reader.ts'
import { fail2banClientBans } from '../../src/sources/bans/fail2ban-client.ts'
import { fail2banDatabaseBans } from '../../src/store/fail2ban-database.ts'
import { errorCodeOf } from '../error-code.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isFail2banThere, makeFail2ban } from './fail2ban-server.ts'

const folder = temporaryFolder('fail2ban')
const fail2ban = makeFail2ban(folder)
const { at, clientArgs, fail, log, until } = fail2ban
const config = at('config')

const collect = async (batches: AsyncIterable<BanEvent[]> | Iterable<BanEvent[]>): Promise<BanEvent[]> => {
  const events: BanEvent[] = []
  for await (const batch of batches) events.push(...batch)
  return events
}

const words = (events: readonly BanEvent[]): string[] =>
  events.map((each) => `${each.jail} ${formatIp(each.address)}`).sort()

beforeAll(async () => {
  if (isFail2banThere) return fail2ban.start()
  if (process.env['CI'] !== undefined) throw new Error('fail2ban is not installed: apt-get install fail2ban')
})

afterAll(() => fail2ban.stop())

describe.skipIf(!isFail2banThere)('a running fail2ban', () => {
  test('client, log and database tell of the same bans', async () => {
    const startUs = Math.floor(Date.now() / 1000) * 1e6
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8::3']) fail('test-ssh', address)
    fail('for-ever', '192.0.2.4')
    const expected = ['for-ever 192.0.2.4', 'test-ssh 192.0.2.1', 'test-ssh 192.0.2.2', 'test-ssh 2001:db8::3']
    await until('the bans', () => (log().match(/ Ban /g) ?? []).length === 4)
    const asked = await collect(fail2banClientBans({ clientArgs }))
    expect(words(asked)).toEqual(expected)
    for (const event of asked) {
      expect(event.timeUs).toBeGreaterThanOrEqual(startUs)
      expect(event.timeUs).toBeLessThanOrEqual(Date.now() * 1000)
      expect(event.endsUs).toBe(event.jail === 'for-ever' ? null : event.timeUs! + 3600e6)
    }
    const logged = readBans(createReadStream(at('fail2ban.log')), 'log', {
      nowUs: () => Date.now() * 1000,
      attempts: true,
    })
    const events = await collect(logged)
    expect(logged.counts).toMatchObject({ format: 'fail2ban-log', refused: 0 })
    expect(words(events.filter(({ act }) => act === 'ban'))).toEqual(expected)
    expect(events.filter(({ act }) => act === 'attempt')).toHaveLength(8)
    for (const { timeUs } of events) expect(Math.abs(timeUs! - startUs)).toBeLessThan(60e6)
    await until('the database', () => collectDatabase().length === 4)
    expect(words(collectDatabase())).toEqual(expected)
    expect(collectDatabase().map(({ failures }) => failures)).toEqual([2, 2, 2, 2])
  })

  test('what its client prints is read as text, too', async () => {
    for (const [question, format, count] of [
      [['status', 'test-ssh'], 'fail2ban-client', 3],
      [['get', 'test-ssh', 'banip', '--with-time'], 'fail2ban-client', 3],
      [['banned'], 'fail2ban-client', 4],
      [['get', 'test-ssh', 'banip'], 'pasted-text', 3],
      [['status'], 'fail2ban-client', 0],
    ] as const) {
      const { stdout } = spawnSync('fail2ban-client', [...clientArgs, ...question])
      const input = (async function* () {
        yield stdout
      })()
      const stream = readBans(input, question.join(' '), { nowUs: () => 0 })
      expect(await collect(stream)).toHaveLength(count)
      expect(stream.counts).toMatchObject({ format, refused: 0 })
    }
  })

  test('an unban, and its own words for a jail that is not there', async () => {
    spawnSync('fail2ban-client', [...clientArgs, 'set', 'test-ssh', 'unbanip', '192.0.2.1'])
    const events = await collect(readBans(createReadStream(at('fail2ban.log')), 'log', { nowUs: () => 0 }))
    expect(words(events.filter(({ act }) => act === 'unban'))).toEqual(['test-ssh 192.0.2.1'])
    expect(words(await collect(fail2banClientBans({ clientArgs, jails: ['test-ssh'] })))).not.toContain(
      'test-ssh 192.0.2.1',
    )
    await expect(collect(fail2banClientBans({ clientArgs, jails: ['none'] }))).rejects.toThrow(
      /status none failed: .*none/,
    )
  })

  test('who may not ask is told so', async () => {
    chmodSync(folder, 0o755)
    const client = spawnSync('sh', ['-c', 'command -v fail2ban-client'], { encoding: 'utf8' }).stdout.trim()
    await inPath(`exec setpriv --reuid 65534 --regid 65534 --clear-groups ${client} "$@"`, () =>
      expect(collect(fail2banClientBans({ clientArgs }))).rejects.toThrow('fail2ban does not let you ask it'),
    )
  })
})

/** A program of that name first in the path, which does as the test wants: only what fail2ban itself can't be brought to do. */
const inPath = async <T>(script: string | null, work: () => Promise<T>): Promise<T> => {
  const path = process.env['PATH']
  const empty = folderFor(folder, `path-${Math.abs(script?.length ?? 0)}`)
  if (script !== null) writeFileSync(join(empty, 'fail2ban-client'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  process.env['PATH'] = script === null ? empty : `${empty}:${path}`
  try {
    return await work()
  } finally {
    process.env['PATH'] = path
  }
}

function collectDatabase(): BanEvent[] {
  return [...fail2banDatabaseBans(at('fail2ban.sqlite3'))].flat()
}

describe('trouble', () => {
  test.skipIf(!isFail2banThere)('not running', async () => {
    const none = ['-c', config, '-s', at('no-socket'), '-p', at('no-pid')]
    await expect(collect(fail2banClientBans({ clientArgs: none }))).rejects.toThrow('fail2ban is not running')
  })

  test('not installed', () =>
    inPath(null, () => expect(collect(fail2banClientBans())).rejects.toThrow('there is no fail2ban-client')))

  test('hangs', () =>
    inPath('exec sleep 600', async () => {
      expect(await errorCodeOf(collect(fail2banClientBans({ timeoutMs: 200 })))).toBe('ERR_CHILD_PROCESS')
    }))

  test('an older one, without times (its words recorded)', () =>
    inPath(
      `case "$1 $2 $3" in
"status  ") printf 'Status\\n|- Number of jail:\\t1\\n\\140- Jail list:\\tsshd\\n';;
"status sshd ") printf 'Status for the jail: sshd\\n|- Filter\\n\\140- Actions\\n   \\140- Banned IP list:\\t192.0.2.1 192.0.2.2\\n';;
*) echo 'Sorry but the command is invalid' >&2; exit 255;;
esac`,
      async () => {
        expect(words(await collect(fail2banClientBans()))).toEqual(['sshd 192.0.2.1', 'sshd 192.0.2.2'])
      },
    ))
})
