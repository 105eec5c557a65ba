/** The banner reader against real servers on the loopback interface: good ones, and everything that a hostile one can do. */

import type { Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { type BannerReading, type BannerRequest, readBanner } from '../../src/link/banner-reader.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet, mintTarget } from '../../src/targets/target-set.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeCertificate, startServers } from './banner-servers.ts'

const LOCAL = parseIpv4('127.0.0.1')!
const LIMITS = { totalMs: 1000, idleMs: 150, maxBytes: 4096 }
const folder = temporaryFolder('banner')
const servers = startServers()
afterAll(() => servers.close())

const read = async (
  port: number,
  more: Partial<BannerRequest> = {},
): Promise<BannerReading & { text: string; tookMs: number }> => {
  const targets = makeTargetSet(cidrSet([{ first: LOCAL, last: LOCAL }]), Uint16Array.of(port))
  const startedMs = performance.now()
  const reading = await readBanner({
    targets: mintTarget(targets, LOCAL, port),
    tls: false,
    words: new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
    listenMs: 100,
    limits: LIMITS,
    ...more,
  })
  const text = Buffer.from(reading.bytes).toString('latin1')
  return { ...reading, text, tookMs: performance.now() - startedMs }
}

const drip = (socket: Socket): void => {
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(timer))
}
const flood = (socket: Socket): void => {
  const block = Buffer.alloc(65_536, 0x41)
  const pour = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', pour)
  pour()
}

describe('a server that greets', () => {
  it('is listened to, and not spoken to', async () => {
    let heard = ''
    const port = await servers.plain((socket) => {
      socket.on('data', (data) => {
        heard += data.toString()
      })
      socket.write('SSH-2.0-Test_1\r\n')
    })
    const { outcome, text, tls } = await read(port)
    expect([outcome, text, tls, heard]).toEqual(['read', 'SSH-2.0-Test_1\r\n', null, ''])
  })
})

describe('a server that waits', () => {
  it('gets the words, after the time for listening', async () => {
    const port = await servers.plain((socket) =>
      socket.on('data', (data) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${data.toString().slice(0, 5)}`)),
    )
    const { outcome, text, tookMs } = await read(port)
    expect([outcome, text]).toEqual(['read', 'HTTP/1.1 200 OK\r\n\r\nGET /'])
    expect(tookMs).toBeGreaterThan(90)
  })

  it('is silent when it never says anything', async () => {
    const port = await servers.plain(() => undefined)
    const { outcome, tookMs } = await read(port)
    expect(outcome).toBe('silent')
    expect(tookMs).toBeLessThan(2000)
  })
})

describe('a bad server', () => {
  it('that hangs up', async () => {
    const port = await servers.plain((socket) => socket.destroy())
    expect((await read(port)).outcome).toBe('closed')
  })

  it('that is not there', async () => {
    const gone = startServers()
    const port = await gone.plain(() => undefined)
    await gone.close()
    expect((await read(port)).outcome).toBe('refused')
  })

  it('that never stops: as many bytes as allowed', async () => {
    const port = await servers.plain(flood)
    const { outcome, bytes, tookMs } = await read(port)
    expect([outcome, bytes.length]).toEqual(['read', LIMITS.maxBytes])
    expect(tookMs).toBeLessThan(900)
  })

  it('that drips: as long as allowed', async () => {
    const port = await servers.plain(drip)
    const { outcome, bytes, tookMs } = await read(port)
    expect(outcome).toBe('read')
    expect(bytes.length).toBeGreaterThan(10)
    expect(bytes.length).toBeLessThan(60)
    expect(tookMs).toBeLessThan(1500)
  })

  it.each([
    ['garbage', (socket: Socket) => void socket.write(Buffer.alloc(300, 0x5a))],
    ['HTTP', (socket: Socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['nothing', () => undefined],
    ['a record that never ends', (socket: Socket) => void socket.write(Buffer.of(0x16, 3, 3, 0x3f, 0xff, 2))],
    ['a drip', drip],
    ['a flood', flood],
    ['an end', (socket: Socket) => void socket.end()],
  ])('that answers TLS with %s', async (_what, onConnection) => {
    const port = await servers.plain(onConnection)
    const { outcome, tls, tookMs } = await read(port, { tls: true })
    expect([outcome, tls]).toEqual(['tls-failed', null])
    expect(tookMs).toBeLessThan(2000)
  })
})

describe('a server with TLS', () => {
  it('shows its names, whoever signed them', async () => {
    const certificate = makeCertificate(folder, 'main.test', ['main.test', 'other.test', '*.wild.test'])
    const port = await servers.tls(certificate, (socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n')),
    )
    const { outcome, text, tls } = await read(port, { tls: true, listenMs: 0 })
    expect(outcome).toBe('read')
    expect(text).toMatch(/^HTTP\/1\.1 302/)
    expect(tls).toMatchObject({
      version: 'TLSv1.3',
      names: ['main.test', 'other.test', '*.wild.test'],
      issuer: 'main.test',
      notBefore: expect.stringMatching(/^20\d\d-/),
    })
  })

  it('that says nothing has still shown its certificate', async () => {
    const port = await servers.tls(makeCertificate(folder, 'quiet.test', ['quiet.test']), () => undefined)
    const { outcome, bytes, tls } = await read(port, { tls: true })
    expect([outcome, bytes.length, tls?.names]).toEqual(['read', 0, ['quiet.test']])
  })

  it('with a certificate of many names is cut short', async () => {
    const names = Array.from({ length: 1500 }, (_, index) => `host-${index}.many.test`)
    const port = await servers.tls(makeCertificate(folder, 'many.test', names), (socket) => socket.end('hello'))
    const { tls } = await read(port, { tls: true })
    expect(tls?.names).toHaveLength(101)
  })

  it('with a certificate of 200 kB is not believed', async () => {
    const names = Array.from({ length: 8000 }, (_, index) => `host-with-a-long-name-${index}.huge.test`)
    const port = await servers.tls(makeCertificate(folder, 'huge.test', names), (socket) => socket.end('hello'))
    const { outcome, tookMs } = await read(port, { tls: true })
    expect(outcome).toBe('tls-failed')
    expect(tookMs).toBeLessThan(2000)
  })
})

describe('a reading', () => {
  it('ends at once when it is aborted, and keeps what came', async () => {
    const aborting = new AbortController()
    const port = await servers.plain((socket) => {
      socket.write('220 ready')
      setTimeout(() => aborting.abort(), 50)
    })
    const { outcome, text } = await read(port, { signal: aborting.signal, limits: { ...LIMITS, idleMs: 900 } })
    expect([outcome, text]).toEqual(['read', '220 ready'])
    expect((await read(port, { signal: aborting.signal })).tookMs).toBeLessThan(200)
  })

  it('leaves no connection open', async () => {
    let open = 0
    const port = await servers.plain((socket) => {
      open += 1
      socket.on('close', () => {
        open -= 1
      })
      socket.write('hello')
    })
    await Promise.all(Array.from({ length: 50 }, () => read(port)))
    await expect.poll(() => open).toBe(0)
  })
})
