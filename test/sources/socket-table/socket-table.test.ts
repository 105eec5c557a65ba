import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { formatIp } from '../../../src/core/ip.ts'
import { readSocketRows } from '../../../src/sources/socket-table/socket-lines.ts'
import { makeSocketTable } from '../../../src/sources/socket-table/socket-table.ts'
import { errorCode } from '../../error-code.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const line = (local: string, remote: string, state: string, inode: number): string =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 20 4 30 10 -1`
const table = (...lines: string[]): string => [HEADING, ...lines, ''].join('\n')
const HOME = '0A00000A:C350'
const SERVER = '076433C6:01BB'

describe('lines of socket tables', () => {
  it.each([
    ['IPv4', line('0100007F:1F90', '00000000:0000', '0A', 41), '127.0.0.1:8080 0.0.0.0:0 listen 41'],
    [
      'IPv4, connected',
      line(HOME, SERVER, '01', 4294967296),
      '10.0.0.10:50000 198.51.100.7:443 established 4294967296',
    ],
    [
      'IPv6',
      line('B80D0120000000000000000001000000:0016', 'B80D0120000000000000000002000000:D431', '03', 7),
      '2001:db8::1:22 2001:db8::2:54321 syn-received 7',
    ],
    [
      'mapped IPv4',
      line('0000000000000000FFFF00000A00000A:0050', '0000000000000000FFFF0000076433C6:8000', '08', 7),
      '10.0.0.10:80 198.51.100.7:32768 closing 7',
    ],
    ['a remembered connection', line(HOME, SERVER, '06', 0), '10.0.0.10:50000 198.51.100.7:443 closed 0'],
    ['a state of a later kernel', line(HOME, SERVER, '7F', 1), '10.0.0.10:50000 198.51.100.7:443 unknown 1'],
  ])('%s', (_what, text, expected) => {
    const { rows, malformed } = readSocketRows(table(text))
    const shown = rows.map(
      (row) =>
        `${formatIp(row.local)}:${row.localPort} ${formatIp(row.remote)}:${row.remotePort} ${row.tcpState} ${row.inode}`,
    )
    expect([shown, malformed]).toEqual([[expected], 0])
  })

  it.each([
    ['words', 'hello'],
    ['an address of twelve bytes', line('0A00000A0A00000A0A00000A:0050', SERVER, '01', 1)],
    ['ends of two families', line('B80D0120000000000000000001000000:0016', SERVER, '01', 1)],
    ['a line that is cut short', line(HOME, SERVER, '01', 1).slice(0, 60)],
    [
      'an inode that is too long',
      line(HOME, SERVER, '01', 1)
        .replace(' 1 1 ', ` ${'9'.repeat(400)} 1 `)
        .replace('0 1 1 0', ''),
    ],
  ])('that are none are counted: %s', (_what, text) => {
    expect(readSocketRows(table(text, line(HOME, SERVER, '01', 1)))).toMatchObject({
      rows: [{ inode: 1 }],
      malformed: 1,
    })
  })

  it('of any text end in no exception', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom(line(HOME, SERVER, '01', 1), '\n', '\0', ' 0: '),
    )
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => void readSocketRows(parts.join(''))))
  })
})

describe('the table of a machine', () => {
  const root = temporaryFolder('socket-table')
  const put = (file: string, text: string): void => {
    mkdirSync(join(root, 'net'), { recursive: true })
    writeFileSync(join(root, 'net', file), text)
  }
  const run = (pid: number, name: string, inodes: readonly number[]): void => {
    const folder = join(root, String(pid))
    mkdirSync(join(folder, 'fd'), { recursive: true })
    writeFileSync(join(folder, 'comm'), `${name}\n`)
    for (const [fd, inode] of inodes.entries()) symlinkSync(`socket:[${inode}]`, join(folder, 'fd', String(fd + 3)))
    symlinkSync('/dev/null', join(folder, 'fd', '0'))
  }
  const open = () => {
    let nowUs = 0
    const sockets = makeSocketTable({ clock: { nowUs: () => nowUs }, root })
    const poll = (atUs: number) => {
      nowUs = atUs
      return sockets.poll()
    }
    return { sockets, poll }
  }
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('tells who began, which process it is, and leaves out what is not connected', () => {
    const ssh = '0A00000A:0016'
    put(
      'tcp',
      table(
        line('00000000:0016', '00000000:0000', '0A', 1),
        line(ssh, SERVER, '01', 2),
        line(HOME, SERVER, '02', 3),
        line('0A00000A:C351', SERVER, '01', 4),
      ),
    )
    put('udp', table(line('0A00000A:0044', '00000000:0000', '07', 5), line('0A00000A:C352', '01010101:0035', '01', 6)))
    put('icmp', table(line('0A00000A:0017', '08080808:0000', '01', 7)))
    run(100, 'sshd', [1, 2])
    run(200, 'cu\u001b[31mrl', [3, 6])
    const { poll, sockets } = open()
    const { open: connections, ended } = poll(5)
    expect(
      connections.map(({ id, protocol, localPort, remotePort, initiator, tcpState, process }) =>
        [id, protocol, localPort, remotePort, initiator, tcpState, process].join(' '),
      ),
    ).toEqual([
      '1 6 22 443 remote established sshd',
      '2 6 50000 443 local syn-sent cu\ufffd[31mrl',
      '3 6 50001 443 local established ',
      '4 17 50002 53 unknown  cu\ufffd[31mrl',
      '5 1 0 0 unknown  ',
    ])
    expect(ended).toEqual([])
    expect([sockets.malformed, sockets.notes()]).toEqual([
      0,
      ['This kernel does not tell how much its connections carry.'],
    ])
  })

  it('keeps numbers and processes over polls, and says once what has ended', () => {
    const { poll } = open()
    put('tcp', table(line(HOME, SERVER, '01', 3)))
    run(200, 'curl', [3])
    expect(poll(10).open).toMatchObject([{ id: 1, process: 'curl', firstUs: 10 }])
    // TIME-WAIT: no process has it any more.
    put('tcp', table(line(HOME, SERVER, '06', 0)))
    expect(poll(20)).toMatchObject({ open: [{ id: 1, process: 'curl', tcpState: 'closed', firstUs: 10 }], ended: [] })
    put('tcp', table())
    expect(poll(30)).toMatchObject({ open: [], ended: [{ id: 1, tcpState: 'closed' }] })
    expect(poll(40)).toEqual({ open: [], ended: [] })
    put('tcp', table(line(HOME, SERVER, '01', 4)))
    expect(poll(50)).toMatchObject({ open: [{ id: 2, process: null, firstUs: 50 }], ended: [] })
  })

  it('takes the same ends with another socket for another connection', () => {
    const { poll } = open()
    put('tcp', table(line(HOME, SERVER, '01', 3)))
    poll(10)
    put('tcp', table(line(HOME, SERVER, '01', 9)))
    expect(poll(20)).toMatchObject({ open: [{ id: 2 }], ended: [{ id: 1, tcpState: 'closed' }] })
  })

  it('says that there is none', () => {
    expect(errorCode(() => open().poll(0))).toBe('ERR_LINK_UNAVAILABLE')
  })
})

// A connection over loopback that the test makes itself; the real /proc, and the kernel's own counts.
describe.skipIf(process.platform !== 'linux')('the table of this machine', () => {
  const BYTES = 50_000
  const talk = async (): Promise<{ sockets: Socket[]; port: number; end: () => void }> => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.pipe(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = connect(port, '127.0.0.1')
    sockets.push(client)
    let back = 0
    client.write(new Uint8Array(BYTES))
    await new Promise<void>((resolve) =>
      client.on('data', (chunk: Buffer) => {
        back += chunk.length
        if (back === BYTES) resolve()
      }),
    )
    return { sockets, port, end: () => server.close() }
  }

  it('has a connection at both of its ends, with process, bytes and round trip, until it is over', async () => {
    const { sockets, port, end } = await talk()
    const machine = makeSocketTable({ clock: { nowUs: () => 1 } })
    const ours = machine.poll().open.filter(({ localPort, remotePort }) => localPort === port || remotePort === port)
    expect(ours).toHaveLength(2)
    const client = ours.find(({ remotePort }) => remotePort === port)!
    const server = ours.find(({ localPort }) => localPort === port)!
    expect(client).toMatchObject({ protocol: 6, initiator: 'local', tcpState: 'established' })
    expect(server).toMatchObject({ initiator: 'remote', tcpState: 'established' })
    for (const { packetsOut, packetsIn, bytesOut, bytesIn, rttUs, process: name } of ours) {
      // Headers of IPv4 and TCP with timestamps: 52 bytes a packet.
      expect([bytesOut, bytesIn]).toEqual([BYTES + 52 * packetsOut, BYTES + 52 * packetsIn])
      expect(rttUs).toBeGreaterThan(0)
      expect(name).not.toBeNull()
    }
    expect(Math.abs(client.packetsOut - server.packetsIn)).toBeLessThanOrEqual(2)
    for (const socket of sockets) socket.resetAndDestroy()
    end()
    const { ended } = machine.poll()
    expect(ended.filter(({ localPort, remotePort }) => localPort === port || remotePort === port)).toHaveLength(2)
  })
})
