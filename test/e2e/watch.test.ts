import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { parseScenario } from '../../src/lab/scenario.ts'
import { scenarioDatabase } from '../../src/lab/scenario-database.ts'
import {
  described,
  enhanced,
  joined,
  type PcapForm,
  pcapFile,
  pcapHeader,
  pcapRecord,
  section,
  type WrittenFrame,
} from '../sources/capture-file/capture-file-writer.ts'
import { ipPacket, LINK_FRAMES, type PacketFacts } from '../sources/flows/link-frames.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { clientHello } from '../wire/client-hellos.ts'
import { interplot, PROGRAM } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('watch')
const FORM: PcapForm = { isLittle: true, magic: 0xa1b2c3d4, linkType: 1 }
const ethernet = LINK_FRAMES[0]!
const T0_US = 1_760_000_000e6
const HERE = '192.168.1.5'
const [SYN, ACK, FIN] = [2, 16, 1]
const WAIT = { timeout: 20_000, interval: 50 }
const BERLIN = { latitude: 52.52, longitude: 13.4, city: 'Berlin', countryCode: 'DE', country: 'Germany' }
const SCENARIO = {
  name: 'w',
  seed: 'w',
  vantage: { address: '10.99.0.1' },
  networks: [{ prefix: '100.70.0.0/20', place: BERLIN }],
}

const frame = (facts: PacketFacts, afterMs: number): WrittenFrame => ({
  bytes: ethernet.frame(ipPacket(facts)),
  timeUs: T0_US + afterMs * 1000,
})
const tcp = (flags: number, isOut: boolean, more: Partial<PacketFacts> = {}): PacketFacts => ({
  ...{ protocol: 6, flags, source: HERE, destination: '100.70.0.7', sourcePort: 50_000, destinationPort: 443 },
  ...(isOut ? {} : { source: '100.70.0.7', destination: HERE, sourcePort: 443, destinationPort: 50_000 }),
  ...more,
})
const udp = (source: string, destination: string, sourcePort = 4000, destinationPort = 123): PacketFacts => ({
  ...{ protocol: 17, source, destination, sourcePort, destinationPort },
})
const HELLO = await clientHello('www.example')
const FRAMES: WrittenFrame[] = [
  frame(tcp(SYN, true), 0),
  frame(tcp(SYN | ACK, false), 30),
  frame(tcp(ACK, true), 31),
  frame(tcp(ACK, true, { payload: HELLO, sequence: 2 }), 32),
  frame(tcp(FIN | ACK, true, { sequence: 3 }), 40),
  frame(tcp(FIN | ACK, false, { sequence: 3 }), 60),
  frame(udp('192.0.2.200', HERE), 100),
  frame(udp('fd00::5', '2001:db8::9', 5353, 53), 200),
  frame({ protocol: 1, source: HERE, destination: '192.0.2.9' }, 300),
]
const ROWS = [
  'tcp|192.168.1.5|50000|100.70.0.7|443|local|www.example|4|2|closed|30|Berlin',
  'udp|192.168.1.5|123|192.0.2.200|4000||||||',
]
const SQL = `SELECT protocol, local, local_port, remote, remote_port, coalesce(initiator, 'unknown'), coalesce(name, ''), packets_out,
  packets_in, coalesce(tcp_state, ''), coalesce(rtt_ms, ''), coalesce(city, '') FROM connection_results ORDER BY id`
const WANTED = [
  ROWS[0],
  'udp|192.168.1.5|123|192.0.2.200|4000|remote||0|1|||',
  `udp|fd00:0000:0000:0000:0000:0000:0000:0005|5353|2001:0db8:0000:0000:0000:0000:0000:0009|53|local||1|0|||`,
  'icmp|192.168.1.5|0|192.0.2.9|0|local||1|0|||',
].join('\n')

const PCAP = pcapFile(FRAMES, FORM)
const PCAPNG = joined(
  section(true),
  described(true, 1),
  ...FRAMES.map(({ bytes, timeUs }) => enhanced(true, 0, BigInt(timeUs), bytes)),
)
const USUAL = ['--database', 'world.mmdb', '--subnet', '192.168.0.0/16', '--subnet', 'fd00::/8']

const prepare = (name: string): string => {
  const cwd = folderFor(folder, name)
  writeFileSync(join(cwd, 'world.mmdb'), scenarioDatabase(parseScenario(SCENARIO, 'test')))
  writeFileSync(join(cwd, 'a.pcap'), PCAP)
  return cwd
}

const running: ChildProcessWithoutNullStreams[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

/** A watch of what is written into its standard input, until it is told to end. */
const watchPipe = (cwd: string, args: readonly string[]) => {
  const child = spawn(process.execPath, [PROGRAM, 'watch', '-', ...args], { cwd })
  running.push(child)
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(code))
  })
  return { child, said, ended }
}

describe('interplot watch of captures', () => {
  it.each<[name: string, content: Uint8Array, said: RegExp]>([
    ['a.pcap', PCAP, /4 connections, 9 packets/],
    ['a.pcapng', PCAPNG, /4 connections, 9 packets/],
    ['a.pcap.gz', gzipSync(PCAP), /4 connections, 9 packets/],
    ['cut.pcap', joined(PCAP, pcapRecord(FRAMES[0]!, FORM).subarray(0, 40)), /breaks off within a packet/],
  ])('%s', async (name, content, said) => {
    const cwd = prepare(name)
    writeFileSync(join(cwd, name), content)
    const { code, stdout, stderr } = await interplot(['watch', name, ...USUAL], { cwd })
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toMatch(said)
    expect(query(join(cwd, 'results.db'), SQL)).toBe(WANTED)
    expect(query(join(cwd, 'results.db'), 'SELECT command, module, outcome FROM runs')).toBe(`watch|${name}|done`)
  })

  it('comes over a pipe, and ends with it', async () => {
    const cwd = prepare('pipe')
    const { child, ended } = watchPipe(cwd, USUAL)
    child.stdin.end(PCAP)
    expect(await ended).toBe(0)
    expect(query(join(cwd, 'results.db'), SQL)).toBe(WANTED)
  })

  it.each<[what: string, args: string[], error: string, words: RegExp]>([
    ['a text', ['text.txt'], 'ERR_INPUT_FILE', /text\.txt/],
    ['a file that is missing', ['missing.pcap'], 'ERR_INPUT_FILE', /missing\.pcap/],
    ['a wrong filter', ['a.pcap', '-f', 'port banana'], 'ERR_USAGE', /banana/],
    ['a name in a filter', ['a.pcap', '-f', 'host www.example'], 'ERR_USAGE', /www\.example/],
    ['two filters', ['a.pcap', '-f', 'tcp', '--everything'], 'ERR_USAGE', /--everything/],
    ['an interface of a file', ['a.pcap', '-i', 'eth0'], 'ERR_USAGE', /--interface/],
    ['a filter of a table', ['sockets', '-f', 'tcp'], 'ERR_USAGE', /--filter/],
    ['a speed without a file', ['--speed', '2'], 'ERR_USAGE', /--speed/],
    ['a port without a server', ['a.pcap', '--port', '8017'], 'ERR_USAGE', /--serve/],
    ['forgetting rows of no file', ['a.pcap', '--keep', '1h', '--no-db'], 'ERR_USAGE', /--no-db/],
    ['rows of two kinds', ['a.pcap', '--json', '--lines'], 'ERR_USAGE', /Choose one/],
    ['a table in a pipe', ['a.pcap', '--live'], 'ERR_USAGE', /terminal/],
    ['a network that is none', ['a.pcap', '--subnet', '10.0.0.0/40'], 'ERR_USAGE', /--subnet/],
    ['markers over its input', ['a.pcap', '--markers', 'a.pcap'], 'ERR_USAGE', /a\.pcap/],
  ])('refuses %s', async (what, args, error, words) => {
    const cwd = prepare(`refused ${what}`)
    writeFileSync(join(cwd, 'text.txt'), 'This is no capture.\n')
    const { code, stdout, stderr } = await interplot(['watch', '--no-places', ...args], { cwd })
    expect([code, stdout]).not.toEqual([0, ''])
    expect(stderr).toContain(error)
    expect(stderr).toMatch(words)
    expect(readFileSync(join(cwd, 'a.pcap'))).toEqual(Buffer.from(PCAP))
  })

  it('says each connection in a line, or as JSON, and keeps nothing with --no-db', async () => {
    const cwd = prepare('rows')
    const lines = await interplot(['watch', 'a.pcap', ...USUAL, '--lines', '--no-db'], { cwd })
    expect(lines.stdout.split('\n')[0]).toMatch(
      /^08:53:20 {2}tcp 192\.168\.1\.5:50000 → 100\.70\.0\.7:443 {2}https {2}.*Berlin, DE/,
    )
    expect(lines.stdout.trim().split('\n')).toHaveLength(4)
    const json = await interplot(['watch', 'a.pcap', ...USUAL, '--json', '--no-db'], { cwd })
    const rows = json.stdout
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row) as Record<string, unknown>)
    expect(rows).toHaveLength(4)
    expect(rows.find(({ protocol }) => protocol === 'tcp')).toMatchObject({
      ...{ service: 'https', initiator: 'local', remote: '100.70.0.7', name: 'www.example', name_source: 'sni' },
      ...{ state: 'closed', rtt_ms: 30, city: 'Berlin', country_code: 'DE', latitude: 52.52 },
      first_seen: '2025-10-09T08:53:20.000Z',
    })
    expect(() => statSync(join(cwd, 'results.db'))).toThrow()
  })

  it('has no names with --no-names, counts what the filter selects, and is silent with -q', async () => {
    const cwd = prepare('quiet')
    const args = ['watch', 'a.pcap', ...USUAL, '--no-names', '-f', 'tcp port 443', '-q']
    const { code, stdout, stderr } = await interplot(args, { cwd })
    expect([code, stdout, stderr]).toEqual([0, '', ''])
    const rows = query(join(cwd, 'results.db'), 'SELECT protocol, name, name_source FROM connections')
    expect(rows).toBe('6||0')
  })

  it('says that connections made room for others, and keeps what was known of them', async () => {
    const cwd = prepare('room')
    const many = Array.from({ length: 40 }, (_, i) => frame(udp(HERE, `192.0.2.${i + 1}`), i))
    writeFileSync(join(cwd, 'many.pcap'), pcapFile(many, FORM))
    const { stderr } = await interplot(['watch', 'many.pcap', '--no-places', '--max-flows', '16'], { cwd })
    expect(stderr).toMatch(/24 connections were forgotten while they went on.*--max-flows/)
    const ends = query(join(cwd, 'results.db'), 'SELECT ended, count(*) FROM connections GROUP BY 1')
    expect(ends).toBe('0|16\n2|24')
  })

  it('forgets with --keep what was silent for longer, of every run', async () => {
    const cwd = prepare('keep')
    const later = [frame(udp(HERE, '192.0.2.77'), 2 * 3600e3)]
    writeFileSync(join(cwd, 'later.pcap'), pcapFile(later, FORM))
    const rows = (): string => query(join(cwd, 'results.db'), 'SELECT count(*) FROM connections')
    await interplot(['watch', 'a.pcap', '--no-places'], { cwd })
    expect(rows()).toBe('4')
    await interplot(['watch', 'later.pcap', '--no-places', '--keep', '3h'], { cwd })
    expect(rows()).toBe('5')
    await interplot(['watch', 'later.pcap', '--no-places', '--keep', '1h'], { cwd })
    expect(rows()).toBe('2')
    expect(query(join(cwd, 'results.db'), 'PRAGMA integrity_check')).toBe('ok')
  })

  it('plays a capture in its own time', async () => {
    const cwd = prepare('speed')
    const slow = [0, 4000, 8000].map((ms, i) => frame(udp(HERE, `192.0.2.${i + 1}`), ms))
    writeFileSync(join(cwd, 'slow.pcap'), pcapFile(slow, FORM))
    const child = spawn(
      process.execPath,
      [PROGRAM, 'watch', 'slow.pcap', '--no-places', '--no-db', '--lines', '--speed', '4'],
      { cwd },
    )
    running.push(child)
    const cameMs: number[] = []
    child.stdout.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) cameMs.push(performance.now())
    })
    await new Promise((resolve) => child.on('close', resolve))
    expect(cameMs).toHaveLength(3)
    // Two seconds by the clock; what is shown is gathered for a quarter of one.
    expect(cameMs[2]! - cameMs[0]!).toBeGreaterThan(1500)
  })
})

describe('interplot watch while it goes on', () => {
  it('keeps markers.json whole and valid, from empty to full', async () => {
    const cwd = prepare('markers')
    const path = join(cwd, 'markers.json')
    const { child, said, ended } = watchPipe(cwd, [...USUAL, '--markers', 'markers.json'])
    await expect.poll(() => said.err, WAIT).toContain('Watching')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual([])
    const empty = statSync(path).ino
    child.stdin.write(PCAP)
    const found: unknown[][] = []
    await expect
      .poll(() => {
        const all = JSON.parse(readFileSync(path, 'utf8')) as unknown[]
        found.push(all)
        return all.length
      }, WAIT)
      .toBe(1)
    expect(found.at(-1)).toEqual([
      {
        ...{ lat: 52.52, lng: 13.4, ip: '100.70.0.7', city: 'Berlin', country_code: 'DE', country_name: 'Germany' },
        ...{ zip_code: '', src: HERE },
      },
    ])
    expect(statSync(path).ino).not.toBe(empty)
    child.stdin.end()
    expect(await ended).toBe(0)
  })

  it('serves a map on 127.0.0.1 that answers to no other name', async () => {
    const cwd = prepare('serve')
    const { child, said } = watchPipe(cwd, [...USUAL, '--serve', '--home', '48.1,11.6'])
    const urlOf = (): string => /http:\/\/127\.0\.0\.1:\d+\//.exec(said.err)?.[0] ?? ''
    await expect.poll(urlOf, WAIT).not.toBe('')
    child.stdin.write(PCAP)
    const state = async (): Promise<string> => (await fetch(`${urlOf()}state.json`)).text()
    await expect.poll(state, WAIT).toContain('www.example')
    expect(await state()).toContain('48.1')
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get(`${urlOf()}state.json`, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on(
          'error',
          reject,
        )
      })
    expect([await statusFor('localhost'), await statusFor('www.example')]).toEqual([200, 421])
  })

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])(
    '%s ends it, with a summary, and what was seen is kept',
    async (signal) => {
      const cwd = prepare(signal)
      const { child, said, ended } = watchPipe(cwd, [...USUAL, '--lines'])
      await expect.poll(() => said.err, WAIT).toContain('Watching')
      child.stdin.write(PCAP)
      await expect.poll(() => said.out.split('\n').length, WAIT).toBe(5)
      child.kill(signal)
      expect(await ended).toBe(0)
      expect(said.err).toMatch(/4 connections, 9 packets/)
      expect(query(join(cwd, 'results.db'), SQL)).toBe(WANTED)
      expect(query(join(cwd, 'results.db'), 'SELECT outcome FROM runs')).toBe('done')
    },
  )

  it('--duration ends it, also when nothing comes', async () => {
    const cwd = prepare('duration')
    const { child, ended } = watchPipe(cwd, ['--no-places', '--duration', '300ms'])
    child.stdin.write(pcapHeader(FORM))
    expect(await ended).toBe(0)
    expect(query(join(cwd, 'results.db'), 'SELECT outcome FROM runs')).toBe('done')
  })
})

describe('connections on a map', () => {
  it('are drawn by themselves, by service and over time, with lines home', async () => {
    const cwd = prepare('map')
    await interplot(['watch', 'a.pcap', ...USUAL, '--home', '48.1,11.6'], { cwd })
    const args = ['render', '-o', 'map.html', '--color-by', 'service', '--animate', 'minute', '--arcs', 'home']
    const { code, stderr } = await interplot([...args, '--stats-json', 'stats.json'], { cwd })
    expect([code, stderr]).toEqual([0, expect.stringMatching(/map\.html: 1 connection located, 3 without a place/)])
    const stats = JSON.parse(readFileSync(join(cwd, 'stats.json'), 'utf8'))
    expect(stats).toMatchObject({ title: 'Who talked with whom', frames: 1, groups: [{ label: 'https', count: 1 }] })
    const none = await interplot(['render', '-o', 'map.png', '--color-by', 'jail'], { cwd })
    expect(none.stderr).toMatch(/ERR_USAGE.*connections/)
  })
})
