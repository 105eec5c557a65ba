import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { folderFor, listFolder, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const folder = temporaryFolder('opt-out')
const SCENARIO = JSON.stringify({
  name: 'opt-out',
  seed: 'x',
  vantage: { address: '10.99.0.1' },
  networks: [{ prefix: '10.64.0.0/24' }],
})
const SCAN = 'scan 10.64.0.0/24 --scenario scenario.json --allow-special 10.0.0.0/8 -r 1M -q -o -'.split(' ')

let server: Server
let closedPort = 0
let cwd = ''
const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`

describe('a list of those who opted out', () => {
  beforeAll(async () => {
    cwd = folderFor(folder, 'lists')
    writeFileSync(join(cwd, 'scenario.json'), SCENARIO)
    writeFileSync(join(cwd, 'more.txt'), '10.64.0.128/25\n')
    server = createServer((request, response) => {
      if (request.url === '/list') response.end('# left alone\n10.64.0.0/26\n')
      else if (request.url === '/moved') response.writeHead(302, { location: '/list' }).end()
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    closedPort = (closed.address() as AddressInfo).port
    await new Promise((resolve) => closed.close(resolve))
  })
  afterAll(() => void server.close())

  it.each([
    ['behind a URL', ['list'], 192],
    ['behind a redirection', ['moved'], 192],
  ])('%s is honoured', async (_name, paths, found) => {
    const { code, stdout } = await interplot([...SCAN, '--opt-out', paths.map(url).join(',')], { cwd })
    expect(code).toBe(0)
    expect(stdout.trim().split('\n').length - 1).toBe(found)
  })

  it('may be several, and joins the blocklist', async () => {
    writeFileSync(join(cwd, 'block.txt'), '10.64.0.64/26\n')
    const { stdout } = await interplot([...SCAN, '--opt-out', `${url('list')},more.txt`, '-n', '10'], { cwd })
    const last = stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split('.')[3]))
    expect(last.length).toBe(10)
    expect(last.every((octet) => octet >= 64 && octet < 128)).toBe(true)
    const none = await interplot([...SCAN, '-b', 'block.txt', '--opt-out', `${url('list')},more.txt`], { cwd })
    expect([none.code, none.stdout]).toEqual([1, ''])
  })

  it.each([
    ['is not there', () => url('none'), /ERR_INPUT_FILE: the opt-out list http.*404/],
    ['has no server', () => `http://127.0.0.1:${closedPort}/list`, /ERR_INPUT_FILE: the opt-out list.*ECONNREFUSED/],
    ['is a missing file', () => 'missing.txt', /ERR_INPUT_FILE: cannot read missing.txt/],
  ])('that %s ends the scan before it begins', async (_name, place, says) => {
    const empty = folderFor(folder, `no-${_name.replaceAll(' ', '-')}`)
    writeFileSync(join(empty, 'scenario.json'), SCENARIO)
    const { code, stderr } = await interplot([...SCAN, '--opt-out', place()], { cwd: empty })
    expect(code).toBe(1)
    expect(stderr).toMatch(says)
    expect(listFolder(empty)).toEqual(['scenario.json'])
  })
})
