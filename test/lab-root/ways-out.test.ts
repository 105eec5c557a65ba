/** Whole scans of the built program through the ways out that a person can ask for: frames of their own, VLANs, tunnels, the kernel's routing. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const TARGETS = '10.64.8.0/22'
const COUNT = 1024
const FAR_MAC = '02:00:00:00:00:0b'

interface Said {
  code: number | null
  errors: string
  summary: Record<string, number>
}

const scan = (pair: WirePair, args: readonly string[], networks = NETWORK): Said => {
  const program = ['env', `INTERPLOT_LAB=${networks}`, process.execPath, PROGRAM]
  const common = ['scan', '--no-db', '--json', '-c', '1', '-r', '20k']
  const { code, output, errors } = pair.command('near', [...program, ...common, ...args])
  return { code, errors, summary: code === 0 ? (JSON.parse(output) as Record<string, number>) : {} }
}

/** Counts frames that arrive at the far end and match, while `work` runs. */
const countingAtFar = async (pair: WirePair, match: string, work: () => void): Promise<number> => {
  const chain = 'add chain netdev count in { type filter hook ingress device far0 priority 0; }'
  await pair.script('far', `nft add table netdev count; nft '${chain}'; nft add rule netdev count in ${match} counter`)
  try {
    work()
    const { output } = pair.command('far', ['nft', 'list', 'table', 'netdev', 'count'])
    return Number(/packets (\d+)/.exec(output)?.[1])
  } finally {
    await pair.script('far', 'nft delete table netdev count')
  }
}

describe.skipIf(!isRoot)('ways out of a scan', () => {
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('far', `ip route add local ${NETWORK} dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`)
  })
  afterAll(() => pair?.stop())

  it('sends from the hardware address that the person names, and hears the answers', async () => {
    const mac = '02:00:00:00:00:77'
    // The far end answers to that address, as a network would that has learnt it.
    await pair.script('far', `ip neigh replace 10.77.0.1 lladdr ${mac} dev far0 nud permanent`)
    let said: Said | undefined
    const seen = await countingAtFar(pair, `ether saddr ${mac} ether daddr ${FAR_MAC} ip protocol icmp`, () => {
      said = scan(pair, ['--source-mac', mac, TARGETS])
    })
    await pair.script('far', 'ip neigh replace 10.77.0.1 lladdr 02:00:00:00:00:0a dev far0 nud permanent')
    expect(said?.errors).not.toMatch(/ERR_/)
    expect(said?.summary).toMatchObject({ sent: COUNT, success: COUNT, failed: 0 })
    expect(seen).toBe(COUNT)
  })

  it.each([
    ['by the packet link', []],
    ['by the XDP link, whose own frames have no tag', ['--link', 'xdp']],
  ])('tags what leaves for a VLAN and takes the answers from it, %s', async (_name, more) => {
    const host = await pair.start('far', 'vlan-host.ts', ['far0', '5'])
    const match = 'vlan id 5 vlan pcp 3 ether saddr 02:00:00:00:00:0a'
    let said: Said | undefined
    const seen = await countingAtFar(pair, match, () => {
      said = scan(pair, ['--vlan', '5:3', '-i', 'near0', '-G', FAR_MAC, ...more, TARGETS])
    })
    const answered = Number((await host.finish()).toString())
    expect(said?.errors).not.toMatch(/ERR_/)
    expect(said?.summary).toMatchObject({ sent: COUNT, success: COUNT, failed: 0 })
    expect([seen, answered]).toEqual([COUNT, COUNT])
  })

  it('leaves the way to the kernel with -X: each target by its own route', async () => {
    // One half of the targets has a gateway that nobody is.
    await pair.script(
      'near',
      `ip neigh replace 10.77.0.3 lladdr 02:00:00:00:00:99 dev near0 nud permanent
ip route add 10.64.10.0/23 via 10.77.0.3 dev near0`,
    )
    const routed = scan(pair, ['-X', '-i', 'near0', TARGETS])
    const framed = scan(pair, ['-G', FAR_MAC, '-i', 'near0', TARGETS])
    await pair.script('near', 'ip route del 10.64.10.0/23 via 10.77.0.3 dev near0')
    expect(routed.summary).toMatchObject({ sent: COUNT, success: COUNT / 2 })
    expect(framed.summary).toMatchObject({ sent: COUNT, success: COUNT })
  })

  it.each([[[]], [['-X']], [['--link', 'xdp']]])('goes through a tunnel device, with %j', async (more) => {
    const host = await pair.start('near', 'tun-host.ts', ['tun7'])
    await pair.script(
      'near',
      'ip addr add 10.88.0.1/32 dev tun7; ip link set tun7 txqueuelen 4000 up; ip route add 10.96.0.0/22 dev tun7',
    )
    const said = scan(pair, [...more, '10.96.0.0/22'], '10.96.0.0/22')
    const answered = Number((await host.finish()).toString())
    expect(said.errors).not.toMatch(/ERR_/)
    expect(said.summary).toMatchObject({ sent: COUNT, success: COUNT, failed: 0 })
    expect(answered).toBe(COUNT)
  })

  it.each([
    ['a tag without its gateway', ['--vlan', '5'], /ERR_USAGE: the gateway of VLAN 5 is not known/],
    ['-X with a hardware address', ['-X', '-G', FAR_MAC], /ERR_USAGE: without Ethernet headers/],
    ['frames on loopback', ['--source-mac', FAR_MAC, '-i', 'lo'], /ERR_USAGE: lo carries no Ethernet frames/],
    ['frames of the raw link', ['--source-mac', FAR_MAC, '--link', 'raw'], /ERR_USAGE: the raw link writes no/],
    [
      'frames to no gateway',
      ['--source-mac', FAR_MAC, '-i', 'near0', '10.77.0.9'],
      /ERR_NO_ROUTE: there is no gateway/,
    ],
  ])('refuses %s', (_name, args, message) => {
    const targets = args.includes('10.77.0.9') ? [] : [TARGETS]
    const said = scan(pair, [...args, ...targets], `${NETWORK},10.77.0.0/24`)
    expect(said.errors).toMatch(message)
    expect(said.code).toBeGreaterThan(0)
  })
})
