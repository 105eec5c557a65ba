/** The kernel's table of tracked connections, with real connections between two namespaces, some of them translated. */

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { openConntrack } from '../../src/sources/conntrack/conntrack-source.ts'
import { isRoot } from './kernel-lab.ts'
import { startWirePair, type WirePair } from './wire-pair.ts'

const hasFilter = spawnSync('nft', ['--version']).error === undefined
const NEAR = '10.77.0.1'
const FAR = '10.77.0.2'
const PORT = 7000
/** Translated to PORT, and its sender to another address. */
const TRANSLATED = 7001
const OTHER_NEAR = '10.77.0.9'
const BYTES = 20_000

const RULES = `
nft add table ip watch
nft 'add chain ip watch out { type filter hook output priority 0; }'
nft add rule ip watch out ct state new counter
nft 'add chain ip watch aim { type nat hook output priority -100; }'
nft add rule ip watch aim tcp dport ${TRANSLATED} ct mark set 1 dnat to ${FAR}:${PORT}
nft 'add chain ip watch leave { type nat hook postrouting priority 100; }'
nft add rule ip watch leave ct mark 1 snat to ${OTHER_NEAR}
ip addr add ${OTHER_NEAR}/24 dev near0
echo 1 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_close
echo 1 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout
echo 1 > /proc/sys/net/netfilter/nf_conntrack_udp_timeout_stream`

interface Shown {
  id: number
  protocol: number
  local: string
  localPort: number
  remote: string
  remotePort: number
  tcpState: string | null
  packetsOut: number
  bytesOut: number
  packetsIn: number
  bytesIn: number
}
interface Report {
  before: { open: Shown[] }
  during: { open: Shown[] }
  duringSockets: { open: Shown[] }
  after: { open: Shown[] }
  ended: Shown[]
  late: { open: Shown[]; ended: Shown[] }
  briefPort: number
  unseenPort: number
  notes: string[]
}

describe.skipIf(!isRoot || !hasFilter)('tracked connections', () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('near', RULES)
    await pair.script('far', `ip neigh replace ${OTHER_NEAR} lladdr 02:00:00:00:00:0a dev far0 nud permanent`)
  })
  afterAll(() => pair?.stop())

  const report = async (prefix: readonly string[] = []): Promise<unknown> => {
    const echo = await pair.start('far', 'echo-host.ts', [FAR, String(PORT)])
    try {
      return JSON.parse(pair.run('near', 'conntrack-agent.ts', [NEAR, FAR, String(PORT), String(TRANSLATED)], prefix))
    } finally {
      await echo.finish()
    }
  }

  it('are told with both ends, counts, states and their end', async () => {
    await pair.script('near', 'echo 1 > /proc/sys/net/netfilter/nf_conntrack_acct')
    const { before, during, duringSockets, after, ended, late, briefPort, unseenPort, notes } =
      (await report()) as Report
    expect(before.open).toEqual([])
    expect(notes).toEqual([])
    expect(during.open).toHaveLength(3)
    const plain = { local: NEAR, remote: FAR, remotePort: PORT, initiator: 'local' }
    const tcp = during.open.filter(({ protocol }) => protocol === 6)
    // The far end of the translated connection is where it really went.
    for (const each of tcp) expect(each).toMatchObject({ ...plain, tcpState: 'established' })
    const udp = during.open.find(({ protocol }) => protocol === 17)
    expect(udp).toMatchObject({ ...plain, tcpState: null, packetsOut: 1, bytesOut: 128, packetsIn: 1, bytesIn: 128 })

    // Sockets and gateway agree on what the packets held. Each has headers of 52 bytes, but for the SYN and its answer with eight more, which sockets do not
    // know of; and the gateway sees packets before the interface cuts them up.
    const bySocket = duringSockets.open.find(({ localPort }) => localPort === tcp[0]!.localPort)!
    expect(bySocket).toMatchObject({ ...plain, tcpState: 'established' })
    const held = ({ packetsOut, bytesOut, packetsIn, bytesIn }: Shown): number[] => [
      bytesOut - 52 * packetsOut,
      bytesIn - 52 * packetsIn,
    ]
    expect([held(bySocket), held(tcp[0]!)]).toEqual([
      [BYTES, BYTES],
      [BYTES + 8, BYTES + 8],
    ])

    // Numbers stay, and a later connection has a later one.
    const again = after.open.filter(({ id }) => during.open.some((each) => each.id === id))
    expect(again).toHaveLength(3)
    const brief = [...after.open, ...ended].find(({ localPort }) => localPort === briefPort)!
    expect(brief.id).toBe(4)

    expect(ended.map(({ id }) => id).sort()).toEqual([udp!.id, tcp[0]!.id, 4].sort())
    const gone = ended.find(({ id }) => id === 4)!
    expect(gone).toMatchObject({ tcpState: 'reset' })
    expect(gone.bytesOut).toBeGreaterThan(BYTES)

    // One that was never seen in the table is known from news alone, with its last counts.
    const unseen = late.ended.find(({ localPort }) => localPort === unseenPort)!
    expect(unseen).toMatchObject({ ...plain, id: 5, tcpState: 'reset' })
    expect(unseen.bytesOut).toBeGreaterThan(BYTES)
    expect(late.open.some(({ localPort }) => localPort === unseenPort)).toBe(false)
  })

  it('say when they are not counted, and how they would be', async () => {
    await pair.script('near', 'echo 0 > /proc/sys/net/netfilter/nf_conntrack_acct')
    const { before, during, notes } = (await report()) as Report
    // Those of the test before are still remembered.
    const begun = during.open.filter(({ id }) => id > before.open.length)
    expect(begun.map(({ bytesOut, packetsIn }) => [bytesOut, packetsIn])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
    expect(notes).toEqual([expect.stringContaining('sudo sysctl net.netfilter.nf_conntrack_acct=1')])
  })

  it('of this machine are read without leaving anything open', () => {
    const openFiles = (): number => readdirSync('/proc/self/fd').length
    const poll = (): void => {
      const source = openConntrack({ clock: systemClock, isLocal: () => true })
      for (let i = 0; i < 3; i += 1) source.poll()
      source.close()
    }
    poll()
    const before = openFiles()
    for (let i = 0; i < 20; i += 1) poll()
    expect(openFiles()).toBe(before)
  })

  it('need CAP_NET_ADMIN', async () => {
    const found = await report(['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'])
    expect(found).toEqual({
      code: 'ERR_RAW_PRIVILEGE',
      line: 'ERR_RAW_PRIVILEGE: the table of tracked connections needs CAP_NET_ADMIN. Run with sudo.',
    })
  })
})
