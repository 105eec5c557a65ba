/** Bans on the live map, as a browser gets them: over the address that the program prints. */

import { spawn } from 'node:child_process'
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import type { LiveChanges, LiveSnapshot } from '../../src/services/live-map/protocol.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot, PROGRAM } from './interplot.ts'

const folder = temporaryFolder('bans-serve')
const SCENARIO = {
  ...{ name: 'b', seed: 'b', vantage: { address: '10.99.0.1' } },
  networks: [
    { prefix: '100.70.0.0/20', place: { latitude: 52.52, longitude: 13.4, city: 'Berlin', countryCode: 'DE' } },
    { prefix: '100.80.0.0/16', place: { latitude: -12.05, longitude: -77.05, city: 'Lima', countryCode: 'PE' } },
  ],
}
const MINUTE_MS = 60_000

/** As fail2ban writes it, in UTC. */
const line = (words: string, agoMs = 0, jail = 'sshd'): string => {
  const time = new Date(Date.now() - agoMs).toISOString().slice(0, 23).replace('T', ' ').replace('.', ',')
  return `${time} fail2ban.actions        [812]: NOTICE  [${jail}] ${words}\n`
}

let end: () => Promise<number | null> = () => Promise.resolve(null)
afterEach(() => end())

const follow = async (cwd: string, ...args: string[]) => {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'bans', 'fail2ban.log', '--follow', '--serve', '--time-zone', 'UTC', '--database', 'world.mmdb', ...args],
    { cwd },
  )
  let stderr = ''
  let look = (): void => undefined
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    look()
  })
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve))
  end = () => {
    child.kill('SIGINT')
    return exit
  }
  const said = (what: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      look = () => {
        const found = what.exec(stderr)
        if (found !== null) resolve(found)
      }
      void exit.then(() => reject(new Error(`it ended: ${stderr}`)))
      look()
    })
  const url = (await said(/The map: (http:\/\/127\.0\.0\.1:\d+\/)/))[1]!
  await said(/until now; following/)
  return { url, said }
}

const state = async (url: string): Promise<LiveSnapshot> =>
  (await (await fetch(`${url}state.json`)).json()) as LiveSnapshot
const banned = ({ bans = [] }: Pick<LiveChanges, 'bans'>): string[] =>
  bans.map(({ act, address, place }) => `${act} ${address} ${place?.city}`)

/** The page's stream: what each event holds, as it comes. */
async function* eventsOf(url: string): AsyncGenerator<{ name: string; data: LiveChanges }> {
  const response = await fetch(`${url}events`)
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let to = text.indexOf('\n\n'); to >= 0; to = text.indexOf('\n\n')) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, to))
      text = text.slice(to + 2)
      if (found !== null) yield { name: found[1]!, data: JSON.parse(found[2]!) as LiveChanges }
    }
  }
}

describe('interplot bans --follow --serve', () => {
  it('shows the last day, then each ban as it comes, through a rotation', async () => {
    const cwd = folderFor(folder, 'log')
    const log = join(cwd, 'fail2ban.log')
    writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
    const [old, late, early] = [
      line('Ban 100.70.0.1', 48 * 60 * MINUTE_MS),
      line('Ban 100.80.0.2', MINUTE_MS),
      line('Ban 100.70.0.3', 2 * MINUTE_MS),
    ]
    writeFileSync(log, old + late + early)
    const { url, said } = await follow(cwd, '--host', 'web1', '--home', '48.1,11.6')
    const first = await state(url)
    expect(first).toMatchObject({ title: 'Bans', sources: ['fail2ban.log'], home: { latitude: 48.1, longitude: 11.6 } })
    expect(banned(first)).toEqual(['ban 100.70.0.3 Berlin', 'ban 100.80.0.2 Lima'])
    expect(first.bans.map(({ jail, host }) => `${jail} ${host}`)).toEqual(['sshd web1', 'sshd web1'])
    expect(first.banTotals).toEqual({ bans: 2, unbans: 0, attempts: 0, unlocated: 0 })

    const events = eventsOf(url)
    expect((await events.next()).value?.name).toBe('snapshot')
    const next = async (): Promise<LiveChanges> => {
      for await (const { name, data } of { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) })
        if (name === 'changes') return data
      throw new Error('the stream ended')
    }
    appendFileSync(log, line('Ban 100.70.0.9', 0, 'nginx'))
    const came = await next()
    expect(banned(came)).toEqual(['ban 100.70.0.9 Berlin'])
    expect(came.banTotals).toMatchObject({ bans: 3 })
    renameSync(log, `${log}.1`)
    appendFileSync(`${log}.1`, line('Unban 100.70.0.9', 0, 'nginx'))
    writeFileSync(log, line('Ban 2001:db8::7'))
    await said(/was rotated|is back/)
    const seen: string[] = []
    while (seen.length < 2) seen.push(...banned(await next()))
    expect(seen).toEqual(['unban 100.70.0.9 Berlin', 'ban 2001:db8::7 undefined'])
    await events.return(undefined)
    const last = await state(url)
    expect(banned(last)).toHaveLength(5)
    expect(last.banTotals).toEqual({ bans: 4, unbans: 1, attempts: 0, unlocated: 1 })
    expect(await end()).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  const WRONG: readonly [args: string[], says: RegExp][] = [
    [['fail2ban.log', '--serve'], /^ERR_USAGE: --serve .*Add --follow/m],
    [['fail2ban.log', '--follow', '--port', '8123'], /^ERR_USAGE: --port is for --serve/m],
    [['fail2ban.log', '--follow', '--home', '1,2'], /^ERR_USAGE: --home is for --serve/m],
    [['fail2ban.log', '--follow', '--serve', '--map', 'a.png'], /^ERR_USAGE: --follow prints bans/m],
  ]
  it.each(WRONG)('refuses %j', async (args, says) => {
    const { code, stderr } = await interplot(['bans', ...args], { cwd: folder })
    expect(stderr).toMatch(says)
    expect(code).toBe(2)
  })
})
