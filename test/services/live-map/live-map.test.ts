import { createServer, request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { type LiveMap, openLiveMap } from '../../../src/services/live-map/live-map.ts'
import { errorCodeOf } from '../../error-code.ts'
import { aConnection, BAN_TOTALS, totalsOf } from './live-fixtures.ts'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

const ask = (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (answer) => {
      let body = ''
      answer.on('data', (part) => {
        body += String(part)
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })

describe('the server of the live map', () => {
  const open: LiveMap[] = []
  const start = async (port: number | null = 0): Promise<LiveMap> => {
    const clock = systemClock
    const map = await openLiveMap({ title: 'Test', sources: [], home: null, attributions: [], port, clock })
    open.push(map)
    return map
  }
  afterEach(async () => {
    for (const map of open.splice(0)) await map.close()
  })

  it.each([
    ['127.0.0.1', 200],
    ['localhost:9000', 200],
    ['[::1]:8017', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:8017', 421],
    ['192.0.2.1:8017', 421],
    ['localhost@evil.example', 400],
  ])('answers only who asks for this machine: %s', async (host, status) => {
    const { url } = await start()
    for (const path of ['', 'state.json']) expect((await ask(`${url}${path}`, { host })).status).toBe(status)
  })

  it.each([
    ['POST', {}, 405],
    ['OPTIONS', { origin: 'http://evil.example', 'access-control-request-method': 'GET' }, 405],
    ['PUT', {}, 405],
    ['GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    ['GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }, 403],
    ['GET', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
  ])('refuses what its page does not do: %s %j', async (method, headers, status) => {
    const { url } = await start()
    const answer = await ask(`${url}state.json`, headers, method)
    expect(answer.status).toBe(status)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('lets the page run its own files and nothing else', async () => {
    const { url } = await start()
    for (const [path, type] of [
      ['', 'text/html; charset=utf-8'],
      ['live.js', 'text/javascript; charset=utf-8'],
      ['live.css', 'text/css; charset=utf-8'],
      ['ground-dark', 'application/octet-stream'],
      ['state.json', 'application/json'],
    ]) {
      const { status, headers } = await ask(`${url}${path}`)
      expect([path, status, headers['content-type']]).toEqual([path, 200, type])
      expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cache-control']).toBe('no-store')
    }
    expect((await ask(`${url}../package.json`)).status).toBe(404)
    expect((await ask(url)).body).not.toMatch(/https?:/)
  })

  it('streams a snapshot, then what changes', async () => {
    const map = await start()
    map.connections([aConnection(1)], [], totalsOf({ flows: 1 }))
    const answer = await fetch(`${map.url}events`)
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const hear = async (words: string): Promise<void> => {
      while (!heard.includes(words)) {
        const { value, done } = await reader.read()
        if (done) throw new Error(`the stream ended after ${heard}`)
        heard += value
      }
    }
    await hear('event: snapshot')
    await hear('"id":1')
    map.connections([], [1], totalsOf())
    await hear('"ended":[1]')
    await map.close()
    // Closed in order, or cut: the stream is over, and close() waited for nobody.
    const rest = await reader.read().then(
      ({ done }) => done,
      () => true,
    )
    expect(rest).toBe(true)
  })

  it('tells a page that opens nothing twice', async () => {
    const map = await start()
    const ban = (address: string) =>
      ({ act: 'ban', address, jail: 'sshd', host: null, timeUs: 1, place: null }) as const
    map.bans([ban('198.51.100.1')], BAN_TOTALS)
    const { body } = await fetch(`${map.url}events`)
    map.bans([ban('198.51.100.2')], BAN_TOTALS)
    let heard = ''
    for await (const part of body!.pipeThrough(new TextDecoderStream())) {
      heard += part
      if (heard.includes('198.51.100.2')) break
    }
    expect(heard.match(/event: \w+/g)).toEqual(['event: snapshot', 'event: changes'])
    expect(heard.match(/198\.51\.100\.1/g)).toHaveLength(1)
  })

  it('takes the next port when one is taken, unless it was asked for', async () => {
    const [first, second] = [await start(null), await start(null)]
    expect(second.url).not.toBe(first.url)
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    expect(await errorCodeOf(start(port))).toBe('ERR_LISTEN')
    taken.close()
  })
})
