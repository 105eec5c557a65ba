/** The built `interplot watch` between two namespaces: real packets, real tables, real rights. Needs root; skipped otherwise. */

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { startWirePair, type WirePair } from './wire-pair.ts'

const [NEAR, FAR, NEAR6, FAR6] = ['10.77.0.1', '10.77.0.2', 'fd00:77::1', 'fd00:77::2'] as const
const PORT = 7000
const NOBODY = 65_534
const WAIT = { timeout: 20_000, interval: 100 }

/** Without duplicate address detection: an address is there at once. */
const SIX = (address: string, device: string): string =>
  `echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6
echo 0 > /proc/sys/net/ipv6/conf/${device}/disable_ipv6
ip -6 addr add ${address}/64 dev ${device} nodad`

/** Sends and hears UDP, over both families, then TCP. */
const TALK = `
import socket, sys, time
def udp(family, to, port):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.sendto(b'x' * 100, (to, port))
udp(socket.AF_INET, '${FAR}', 5001)
udp(socket.AF_INET6, '${FAR6}', 5002)
s = socket.create_connection(('${FAR}', ${PORT}))
s.sendall(b'y' * 1000)
sys.stdin.read()
s.close()
`

interface Watching {
  pid: number
  said(): string
  end(signal?: NodeJS.Signals): Promise<number | null>
}

interface Thread {
  capable: boolean
  noNewPrivileges: boolean
  uid: number
}

const threadsOf = (pid: number): Thread[] =>
  readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)![1]!
    return {
      capable: [field('CapPrm'), field('CapEff')].some((bits) => BigInt(`0x${bits}`) !== 0n),
      noNewPrivileges: field('NoNewPrivs') === '1',
      uid: Number(field('Uid')),
    }
  })

describe.skipIf(!isRoot)('interplot watch between two namespaces', { timeout: 90_000 }, () => {
  const folder = temporaryFolder('watch-lab')
  let pair: WirePair
  const children: ChildProcess[] = []
  beforeAll(async () => {
    chmodSync(folder, 0o755)
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('near', SIX(NEAR6, 'near0'))
    await pair.script('far', SIX(FAR6, 'far0'))
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(() => pair?.stop())

  const begin = (cwd: string, words: readonly string[]): { child: ChildProcess; said: () => string } => {
    const [command, ...args] = [...pair.enter('near'), ...words]
    const child = spawn(command!, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
    children.push(child)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
    }
    return { child, said: () => text }
  }
  /** Until it is ready; nsenter becomes the program itself. */
  const watch = async (cwd: string, args: readonly string[], prefix: readonly string[] = []): Promise<Watching> => {
    const { child, said } = begin(cwd, [
      ...prefix,
      process.execPath,
      PROGRAM,
      'watch',
      '--no-places',
      '--lines',
      ...args,
    ])
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    await expect.poll(said, WAIT).toMatch(/Watching|ERR_/)
    return {
      pid: child.pid!,
      said,
      end(signal = 'SIGINT') {
        child.kill(signal)
        return ended
      },
    }
  }
  const rows = (cwd: string, what: string, rest = ''): string[] =>
    query(join(cwd, 'results.db'), `SELECT ${what} FROM connection_results ${rest}`).split('\n')
  const datagram = (port: number): void => {
    const { code, errors } = pair.command('near', [
      'python3',
      '-c',
      `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('${FAR}', ${port}))`,
    ])
    if (code !== 0) throw new Error(errors)
  }
  /** Sends again and again until the watch has said that it was seen: nobody tells when it begins to listen. */
  const seen = async ({ said }: Watching, port: number): Promise<void> =>
    expect
      .poll(() => {
        datagram(port)
        return said()
      }, WAIT)
      .toContain(`:${port}`)

  it('sees TCP with its round trip, UDP and IPv6, who began, and on which interface', async () => {
    const cwd = folderFor(folder, 'packets')
    const echo = await pair.start('far', 'echo-host.ts', [FAR, String(PORT)])
    const watching = await watch(cwd, [
      '-i',
      'near0,lo',
      '--include-self',
      '--subnet',
      `${NEAR}/32`,
      '--subnet',
      `${NEAR6}/128`,
    ])
    await seen(watching, 4999)
    const talk = begin(cwd, ['python3', '-c', TALK])
    await expect.poll(watching.said, WAIT).toContain(`${FAR}:${PORT}`)
    talk.child.stdin?.end()
    await new Promise((resolve) => talk.child.once('close', resolve))
    await expect.poll(watching.said, WAIT).toContain(`[${FAR6}]:5002`)
    expect(await watching.end()).toBe(0)
    await echo.finish()
    const found = rows(cwd, 'protocol, local, remote, remote_port, initiator, device', 'ORDER BY remote_port')
    expect(found).toContain(`tcp|${NEAR}|${FAR}|${PORT}|local|near0`)
    expect(found).toContain(`udp|${NEAR}|${FAR}|5001|local|near0`)
    expect(found.find((row) => row.includes('|5002|'))).toMatch(
      /^udp\|fd00:0077:.*0001\|fd00:0077:.*0002\|5002\|local\|near0$/,
    )
    const [rtt = '', out = ''] = rows(cwd, 'rtt_ms, bytes_out', `WHERE remote_port = ${PORT}`)[0]!.split('|')
    expect(Number(rtt)).toBeGreaterThan(0)
    expect(Number(rtt)).toBeLessThan(1000)
    expect(Number(out)).toBeGreaterThan(1000)
    expect(watching.said()).toMatch(/connections, \d+ packets/)
  })

  it('as root, the thread that reads packets can do nothing and gain nothing', async () => {
    const cwd = folderFor(folder, 'root')
    const watching = await watch(cwd, ['-i', 'near0', '--include-self'])
    await seen(watching, 4001)
    const threads = threadsOf(watching.pid)
    expect(threads.some(({ capable, noNewPrivileges }) => !capable && noNewPrivileges)).toBe(true)
    expect(await watching.end('SIGTERM')).toBe(0)
  })

  it("under sudo the process is the user's, and no thread can do anything", async () => {
    const cwd = folderFor(folder, 'sudo')
    chownSync(cwd, NOBODY, NOBODY)
    const sudo = ['env', `SUDO_UID=${NOBODY}`, `SUDO_GID=${NOBODY}`]
    const watching = await watch(cwd, ['-i', 'near0', '--include-self'], sudo)
    await seen(watching, 4002)
    const threads = threadsOf(watching.pid)
    expect(threads.length).toBeGreaterThan(1)
    expect(threads.filter(({ uid, capable }) => uid !== NOBODY || capable)).toEqual([])
    expect(await watching.end()).toBe(0)
    expect(rows(cwd, 'remote_port')).toContain('4002')
  })

  it('says that an interface went down, and goes on when it is up', async () => {
    const cwd = folderFor(folder, 'down')
    const watching = await watch(cwd, ['-i', 'near0', '--include-self'])
    await seen(watching, 4003)
    await pair.script('near', 'ip link set near0 down')
    await expect.poll(watching.said, WAIT).toContain('near0 is down')
    await pair.script(
      'near',
      `ip link set near0 up; ip neigh replace ${FAR} lladdr 02:00:00:00:00:0b dev near0 nud permanent`,
    )
    await expect.poll(watching.said, WAIT).toContain('near0 is up again')
    await seen(watching, 4004)
    expect(await watching.end()).toBe(0)
    await pair.script('near', SIX(NEAR6, 'near0'))
  })

  it('counts what the kernel had no room for', async () => {
    const cwd = folderFor(folder, 'drops')
    const watching = await watch(cwd, ['-i', 'near0', '--include-self', '--ring-size', '2'])
    await seen(watching, 4005)
    // It cannot empty its rings: 8 MB in datagrams are more than they hold.
    process.kill(watching.pid, 'SIGSTOP')
    const flood = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(8000): s.sendto(b'z' * 1000, ('${FAR}', 4006))`
    expect(pair.command('near', ['python3', '-c', flood]).code).toBe(0)
    process.kill(watching.pid, 'SIGCONT')
    await seen(watching, 4007)
    expect(await watching.end()).toBe(0)
    expect(watching.said()).toMatch(/[\d,]+ packets had no room in the kernel/)
  })

  it.each(['sockets', 'conntrack'])('%s tells of a connection that is there', async (source) => {
    const cwd = folderFor(folder, source)
    if (source === 'conntrack') {
      await pair.script(
        'near',
        "nft add table ip w; nft 'add chain ip w out { type filter hook output priority 0; }'; nft add rule ip w out ct state new counter",
      )
    }
    const echo = await pair.start('far', 'echo-host.ts', [FAR, String(PORT)])
    const watching = await watch(cwd, source === 'sockets' ? [source] : [source, '--include-self'])
    const talk = begin(cwd, ['python3', '-c', TALK])
    await expect.poll(watching.said, WAIT).toContain(`${FAR}:${PORT}`)
    expect(await watching.end()).toBe(0)
    talk.child.stdin?.end()
    await echo.finish()
    const [row = ''] = rows(
      cwd,
      "remote, remote_port, initiator, coalesce(process, ''), tcp_state",
      `WHERE remote_port = ${PORT}`,
    )
    expect(row).toMatch(
      source === 'sockets'
        ? /^10\.77\.0\.2\|7000\|local\|python3[^|]*\|established$/
        : /^10\.77\.0\.2\|7000\|local\|\|established$/,
    )
  })
})
