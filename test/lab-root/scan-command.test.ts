/** What `interplot scan` promises beyond its probes, at the end of a wire: banners, contact, signals, limits, engines, keys. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

/** Answers each request after a while, with the request's user agent as the page's title. */
const SERVER = `
const { createServer } = require('node:net')
createServer((socket) => {
  socket.on('error', () => undefined)
  socket.once('data', (request) => {
    const agent = /User-Agent: (.*?)\\r/.exec(request.toString())[1]
    setTimeout(() => socket.end('HTTP/1.0 200 OK\\r\\n\\r\\n<title>' + agent + '</title>'), 300)
  })
}).listen({ port: 80, host: '0.0.0.0', backlog: 1000 }, () => process.stdout.write('ready'))
process.stdin.once('end', () => process.exit()).resume()
`
/** Answers each DNS query without a record, from the address that was asked. */
const NAMES = `
const { createSocket } = require('node:dgram')
const addresses = Array.from({ length: 1024 }, (_, i) => '10.64.' + (8 + (i >> 8)) + '.' + (i & 255))
const header = Buffer.from('81800001000000000000', 'hex')
const sockets = addresses.map((address) => new Promise((resolve) => {
  const socket = createSocket('udp4').bind(53, address, resolve)
  socket.on('message', (q, from) => socket.send(Buffer.concat([q.subarray(0, 2), header, q.subarray(12)]), from.port, from.address))
}))
Promise.all(sockets).then(() => process.stdout.write('ready'))
process.stdin.once('end', () => process.exit()).resume()
`
const CONTACT = 'scans@lab.example'

interface Running {
  child: ChildProcess
  errors: () => string
  ended: Promise<{ code: number | null; output: string; errors: string }>
}

/** What the status file says so far; words in it are not numbers. */
const statusRows = (cwd: string): number[][] => {
  const path = join(cwd, 'status.csv')
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1)
  return lines.map((line) => line.split(',').map(Number))
}

const until = (holds: () => boolean, said: () => string): Promise<void> =>
  new Promise((resolve, reject) => {
    const startedMs = performance.now()
    const timer = setInterval(() => {
      const tired = performance.now() - startedMs > 15_000
      if (!tired && !holds()) return
      clearInterval(timer)
      if (tired) reject(new Error(`it did not happen: ${said()}`))
      else resolve()
    }, 10)
  })

describe.skipIf(!isRoot)('interplot scan', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('scan-command')
  let pair: WirePair
  const servers: ChildProcess[] = []
  const serve = async (code: string): Promise<void> => {
    const [program, ...args] = [...pair.enter('far'), process.execPath, '-e', code]
    const server = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    servers.push(server)
    await new Promise((resolve) => server.stdout.once('data', resolve))
  }
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('far', `ip route add local ${NETWORK} dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`)
    await serve(SERVER)
    await serve(NAMES)
  })
  afterAll(async () => {
    for (const server of servers) server.stdin?.end()
    await pair?.stop()
  })

  const start = (cwd: string, args: readonly string[]): Running => {
    const words = [...pair.enter('near'), process.execPath, PROGRAM, 'scan', '-i', 'near0', ...args]
    const child = spawn(words[0]!, words.slice(1), { cwd, env: { ...process.env, INTERPLOT_LAB: NETWORK, CI: '' } })
    child.stdin.end()
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    const ended = new Promise<Awaited<Running['ended']>>((resolve) =>
      child.once('close', (code) => resolve({ code, output, errors })),
    )
    return { child, errors: () => errors, ended }
  }
  const scan = (cwd: string, args: readonly string[]) => start(cwd, args).ended

  it('asks many hosts for banners at a time: its own connections are no replies, and Node.js has nothing to say', async () => {
    const cwd = folderFor(folder, 'banner')
    const args = ['10.64.1.0/24', '-p', '80', '-r', '2k', '-c', '2', '-e', '7', '--json', '--contact', CONTACT]
    const { code, output, errors } = await scan(cwd, [...args, '--banner', '--banner-concurrency', '100'])
    expect(code).toBe(0)
    const { banners, ...summary } = JSON.parse(output)
    expect(summary).toMatchObject({ sent: 256, received: 256, accepted: 256, success: 256 })
    expect(summary).toMatchObject({ malformed: 0, fragment: 0, checksum: 0, unrelated: 0, cookie: 0 })
    expect(banners).toEqual({ read: 256, done: 256, active: 0, waiting: 0, dropped: 0, cut: 0 })
    const titles = query(join(cwd, 'results.db'), 'SELECT title, count(*) FROM banner_results GROUP BY 1')
    expect(titles).toMatch(new RegExp(`^[^\\n]*${CONTACT}[^\\n]*\\|256$`))
    expect(errors.trim().split('\n')).toEqual([
      'in a lab: 10.64.0.0/12 opened',
      expect.stringMatching(/^packet link, near0, from 10\.77\.0\.1; 256 tcp-syn probes at 2\.00 kpps .*; seed 7$/),
      expect.stringMatching(/^found 256 of 256 targets \(100\.00 %\) in /),
      expect.stringMatching(/^sent 256 probes at .*; 256 replies, 0 of them repeats, \d+ late$/),
      'banners: 256 of 256 hosts said something or showed a certificate',
      'kept in results.db: next, interplot geolocate results.db',
    ])
  })

  it.each([
    ['icmp-echo', []],
    ['udp', ['-p', '9']],
  ])('tells who scans in each payload of %s', async (module, more) => {
    const words = [
      '-M',
      module,
      ...more,
      '10.64.2.0/28',
      '-c',
      '100ms',
      '-r',
      '1k',
      '-q',
      '--no-db',
      '--contact',
      CONTACT,
    ]
    let code: number | null = null
    const packets = await pair.record(() => {
      const command = ['env', `INTERPLOT_LAB=${NETWORK}`, process.execPath, PROGRAM, 'scan', '-i', 'near0', ...words]
      code = pair.command('near', command).code
    })
    expect(code).toBe(0)
    const told = packets.filter((packet) =>
      Buffer.from(packet).toString('latin1').includes(`interplot scan, ${CONTACT}`),
    )
    expect([packets.length, told.length]).toEqual([16, 16])
  })

  it('scans with --engine raw from beginning to end', async () => {
    const cwd = folderFor(folder, 'raw')
    const args = ['10.64.4.0/22', '-p', '80,81', '-r', '5k', '-c', '1', '--engine', 'raw', '--json']
    const { code, output, errors } = await scan(cwd, args)
    expect([code, /ERR_.*/.exec(errors)?.[0]]).toEqual([0, undefined])
    expect(errors).toMatch(/^raw link, near0, from 10\.77\.0\.1; 2,048 tcp-syn probes/m)
    expect(JSON.parse(output)).toMatchObject({ sent: 2048, accepted: 2048, success: 1024, repeats: 0, failed: 0 })
    const sql = 'SELECT port, classification, count(*), count(DISTINCT saddr) FROM results GROUP BY 1, 2 ORDER BY 1'
    expect(query(join(cwd, 'results.db'), sql)).toBe('80|syn-ack|1024|1024\n81|rst|1024|1024')
  })

  it('probes the plain addresses of -I, each once, by ICMP echo', async () => {
    const cwd = folderFor(folder, 'addresses')
    const addresses = Array.from({ length: 300 }, (_, i) => `10.64.${i % 7}.${i % 250}`)
    const distinct = new Set(addresses).size
    writeFileSync(join(cwd, 'list.txt'), `# ours\n${addresses.join('\n')}\n`)
    const { code, output } = await scan(cwd, ['-I', 'list.txt', '-r', '1k', '-c', '1', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({ targets: distinct, sent: distinct, success: distinct })
    const found = query(
      join(cwd, 'results.db'),
      "SELECT DISTINCT saddr FROM results WHERE classification = 'echo-reply'",
    )
    expect(new Set(found.split('\n'))).toEqual(new Set(addresses))
  })

  it('gives all keys of its summary with --json, and no others', async () => {
    const { code, output } = await scan(folderFor(folder, 'keys'), [
      '10.64.5.0/26',
      '-r',
      '1k',
      '-c',
      '1',
      '-q',
      '--json',
    ])
    expect(code).toBe(0)
    const counters = ['sent', 'targets', 'failed', 'backoffs', 'received', 'accepted', 'success', 'repeats']
    const rejections = ['malformed', 'fragment', 'checksum', 'unrelated', 'cookie']
    const trouble = [
      'droppedByKernel',
      'outages',
      'interfaceDrops',
      'lostPercent',
      'lostBy',
      'answeringNetworks',
      'late',
    ]
    const rates = ['hitRatePercent', 'hitRateLowPercent', 'hitRateHighPercent', 'ratePps']
    const keys = [...counters, ...rejections, ...trouble, ...rates, 'planned', 'sendingUs', 'elapsedUs']
    const summary = JSON.parse(output)
    expect(Object.keys(summary).sort()).toEqual(keys.sort())
    expect(summary).toMatchObject({ planned: 64, sent: 64, targets: 64, success: 64, hitRatePercent: 100 })
    for (const [key, value] of Object.entries(summary)) {
      if (key !== 'lostBy' && key !== 'lostPercent') expect([key, typeof value]).toEqual([key, 'number'])
    }
  })

  it('keeps one answer to each of several questions when it is killed and gone on with', async () => {
    const cwd = folderFor(folder, 'questions')
    const words = ['10.64.8.0/22', '-M', 'dns', '-p', '53', '--probe-args', 'A,one.example;AAAA,two.example']
    const { child, errors, ended } = start(cwd, [...words, '-r', '500', '-c', '1', '-u', 'status.csv'])
    const SENT = 6
    await until(() => (statusRows(cwd).at(-1)?.[SENT] ?? 0) > 1000, errors)
    child.kill('SIGKILL')
    await ended
    const db = join(cwd, 'results.db')
    const stored = Number(query(db, 'SELECT count(*) FROM observations'))
    expect(stored).toBeGreaterThan(600)
    expect(stored).toBeLessThan(2048)
    const { code, output } = await scan(cwd, ['--resume', 'results.db', '-c', '1', '-r', '2k', '--json'])
    expect(code).toBe(0)
    const sql = 'SELECT flags >> 4, count(*), count(DISTINCT address) FROM observations GROUP BY 1 ORDER BY 1'
    expect(query(db, sql)).toBe('0|1024|1024\n1|1024|1024')
    const { success, repeats } = JSON.parse(output) as Record<string, number>
    expect(success).toBe(2048)
    // The last second was probed again.
    expect(repeats).toBeGreaterThan(0)
  })

  it('goes faster at SIGUSR1 and slower at SIGUSR2, 5 % a time', async () => {
    const cwd = folderFor(folder, 'signals')
    const { child, errors, ended } = start(cwd, ['10.64.0.0/16', '-r', '1k', '-c', '1', '--no-db', '-u', 'status.csv'])
    const LAST_SECOND = 7
    const rates = (): number[] => statusRows(cwd).map((row) => row[LAST_SECOND]!)
    /** The rate of the second whole second from now on. */
    const rateAhead = async (): Promise<number> => {
      const had = rates().length
      await until(() => rates().length >= had + 3, errors)
      return rates()[had + 2]!
    }
    const changes = (): number => errors().match(/rate set to/g)?.length ?? 0
    const signal = async (name: NodeJS.Signals, times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        const before = changes()
        child.kill(name)
        await until(() => changes() > before, errors)
      }
    }
    await until(() => rates().length > 0, errors)
    const usual = await rateAhead()
    await signal('SIGUSR1', 14)
    const faster = await rateAhead()
    await signal('SIGUSR2', 28)
    const slower = await rateAhead()
    child.kill('SIGINT')
    expect((await ended).code).toBe(130)
    const [low, high] = [0.85, 1.15]
    for (const [rate, wanted] of [
      [usual, 1000],
      [faster, 1000 * 1.05 ** 14],
      [slower, 1000 / 1.05 ** 14],
    ] as const) {
      expect(rate).toBeGreaterThan(wanted * low)
      expect(rate).toBeLessThan(wanted * high)
    }
    expect(changes()).toBe(42)
  })

  it.each([
    ['packet', []],
    ['raw', ['--link', 'raw']],
  ])(
    'ends with a line and exit code 1 when more cannot be sent than --max-sendto-failures (%s)',
    async (name, more) => {
      const cwd = folderFor(folder, `failures-${name}`)
      await pair.script('near', 'tc qdisc add dev near0 root tbf rate 1mbit burst 4kb limit 3000')
      const way = name === 'packet' ? ['-X'] : []
      const args = ['10.64.16.0/20', '-r', '20k', '-c', '1', '--retries', '0', '--max-sendto-failures', '30', '--json']
      const { code, output, errors } = await scan(cwd, [...args, ...way, ...more])
      await pair.script('near', 'tc qdisc del dev near0 root')
      expect(code).toBe(1)
      expect(errors).toMatch(/^sending ends: \d+ probes could not be sent \(--max-sendto-failures\)$/m)
      const { sent, failed, success } = JSON.parse(output) as Record<string, number>
      expect(failed).toBeGreaterThan(30)
      expect(sent! + failed!).toBeLessThan(4096)
      expect(success).toBe(sent)
      const db = join(cwd, 'results.db')
      expect(query(db, 'SELECT outcome FROM runs')).toBe('interrupted')
      expect(query(db, 'SELECT count(*) FROM observations')).toBe(String(success))
    },
  )
})
