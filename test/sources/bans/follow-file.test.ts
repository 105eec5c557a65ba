/** Real files that are rotated, emptied, removed and made again while they are followed. Waits are for what is expected, never for time. */

import { appendFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readBans } from '../../../src/sources/bans/ban-reader.ts'
import { type FileChange, type FollowOptions, followFile } from '../../../src/sources/bans/follow-file.ts'
import { errorCodeOf } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'
import { NOW_US } from './read-text.ts'

const folder = temporaryFolder('follow')

/** Follows a file in the background; `until` waits for text, or for a change. */
const follow = (path: string, options: Omit<FollowOptions, 'stop'> = {}) => {
  const stop = new AbortController()
  const changes: FileChange[] = []
  let text = ''
  let arrived: (() => void) | undefined
  const done = (async () => {
    const onChange = (change: FileChange): void => {
      changes.push(change)
      arrived?.()
    }
    for await (const chunk of followFile(path, { stop: stop.signal, pollMs: 50, ...options, onChange })) {
      text += Buffer.from(chunk).toString()
      arrived?.()
    }
  })()
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      await new Promise<void>((resolve) => {
        arrived = resolve
      })
    }
  }
  return {
    done,
    changes,
    text: () => text,
    untilText: (wanted: string) => until(() => text.includes(wanted)),
    untilChange: (wanted: FileChange) => until(() => changes.includes(wanted)),
    async end(): Promise<void> {
      stop.abort()
      await done
    },
  }
}

const logIn = (name: string, content?: string): string => {
  const path = join(folderFor(folder, name), 'fail2ban.log')
  if (content !== undefined) writeFileSync(path, content)
  return path
}

describe('following', () => {
  test('from the start, by parts of lines', async () => {
    const path = logIn('grows', 'one\ntw')
    const log = follow(path, { fromStart: true })
    await log.untilText('tw')
    appendFileSync(path, 'o\nthr')
    await log.untilText('thr')
    appendFileSync(path, 'ee\n')
    await log.untilText('ee\n')
    await log.end()
    expect(log.text()).toBe('one\ntwo\nthree\n')
    expect(log.changes).toEqual([])
  })

  test('from now on, with the next whole line', async () => {
    const path = logIn('from-now', 'old\nhalf')
    const log = follow(path)
    // Until it has been opened, what is appended is old, too; the file always ends within a line.
    for (let i = 0; !log.text().includes('\n'); i += 1) {
      appendFileSync(path, ` of ${i}\nnew ${i}\nhalf`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await log.end()
    expect(log.text()).toMatch(/^new \d+\nhalf/)
  })

  test('renamed and made anew: the old one to its end, the cut line ended', async () => {
    const path = logIn('rotates', 'one\n')
    const log = follow(path, { fromStart: true })
    await log.untilText('one\n')
    renameSync(path, `${path}.1`)
    appendFileSync(`${path}.1`, 'late, cut')
    await log.untilText('cut')
    writeFileSync(path, '')
    appendFileSync(`${path}.1`, ' and later')
    await log.untilText('later')
    appendFileSync(path, 'new\n')
    await log.untilText('new\n')
    await log.end()
    expect(log.text()).toBe('one\nlate, cut and later\nnew\n')
    expect(log.changes.filter((each) => each !== 'gone')).toHaveLength(1)
  })

  test('again and again', async () => {
    const path = logIn('often', '')
    const log = follow(path, { fromStart: true })
    for (let i = 0; i < 20; i += 1) {
      appendFileSync(path, `line ${i}\n`)
      await log.untilText(`line ${i}\n`)
      renameSync(path, `${path}.${i}`)
      writeFileSync(path, '')
    }
    await log.end()
    expect(log.text()).toBe(Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join(''))
  })

  test('emptied in place', async () => {
    const path = logIn('truncates', 'one\ntwo\nthree')
    const log = follow(path, { fromStart: true })
    await log.untilText('three')
    truncateSync(path, 0)
    await log.untilChange('truncated')
    appendFileSync(path, 'new\n')
    await log.untilText('new\n')
    await log.end()
    expect(log.text()).toBe('one\ntwo\nthree\nnew\n')
  })

  test('gone and back, and not there at first', async () => {
    const path = logIn('late')
    const log = follow(path)
    await log.untilChange('gone')
    writeFileSync(path, 'one\n')
    await log.untilText('one\n')
    rmSync(path)
    writeFileSync(`${path}.new`, 'two\n')
    renameSync(`${path}.new`, path)
    await log.untilText('two\n')
    await log.end()
    expect(log.text()).toBe('one\ntwo\n')
    expect(log.changes.slice(0, 2)).toEqual(['gone', 'back'])
  })

  test('stops at once, also where nothing comes', async () => {
    const log = follow(logIn('quiet', 'old\n'), { pollMs: 600_000 })
    await log.end()
    expect(log.text()).toBe('')
  })

  test('a folder is no log', async () => {
    const path = logIn('folder')
    mkdirSync(path)
    expect(await errorCodeOf(follow(path, { fromStart: true }).done)).toBe('ERR_INPUT_FILE')
  })
})

test('bans as they are written, across a rotation', async () => {
  const ban = (n: number): string => `2026-01-02 03:04:05,678 fail2ban.actions [812]: NOTICE [sshd] Ban 192.0.2.${n}\n`
  const path = logIn('bans', ban(1))
  const stop = new AbortController()
  const stream = readBans(followFile(path, { stop: stop.signal, fromStart: true, pollMs: 50 }), path, {
    nowUs: () => NOW_US,
  })
  const seen: number[] = []
  for await (const batch of stream) {
    for (const event of batch) seen.push(Number(event.address) & 255)
    if (seen.length === 1) appendFileSync(path, ban(2))
    else if (seen.length === 2) {
      renameSync(path, `${path}.1`)
      writeFileSync(path, ban(3))
    } else stop.abort()
  }
  expect(seen).toEqual([1, 2, 3])
})
