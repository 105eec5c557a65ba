/** One scan through two interfaces: the probes are shared, each answer is found once, whichever way it comes. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const COUNT = 16_384
const TARGETS = '10.64.64.0/18'

const NEAR = (farPid: string): string => `
ip link add near1 address 02:00:00:00:01:0a type veth peer name far1 address 02:00:00:00:01:0b netns ${farPid}
ip addr add 10.78.0.1/24 dev near1
ip link set near1 up
ip neigh replace 10.78.0.2 lladdr 02:00:00:00:01:0b dev near1 nud permanent
ip route add ${NETWORK} via 10.78.0.2 dev near1 metric 10`

const FAR = `
ip addr add 10.78.0.2/24 dev far1
ip link set far1 up
ip neigh replace 10.78.0.1 lladdr 02:00:00:00:01:0a dev far1 nud permanent
ip route add local ${NETWORK} dev lo
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit
nft add table netdev count
for device in far0 far1; do
  nft "add chain netdev count $device { type filter hook ingress device $device priority 0; }"
done
nft add rule netdev count far0 ip saddr 10.77.0.1 ip daddr ${NETWORK} counter
nft add rule netdev count far1 ip saddr 10.78.0.1 ip daddr ${NETWORK} counter`

describe.skipIf(!isRoot)('a scan through two interfaces', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('interfaces')
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    const farPid = /\/proc\/(\d+)\//.exec(pair.enter('far').join(' '))![1]!
    await pair.script('near', NEAR(farPid))
    await pair.script('far', FAR)
  })
  afterAll(() => pair?.stop())

  /** Probes that have arrived at far0 and far1. */
  const arrived = (): number[] => {
    const { output } = pair.command('far', ['nft', 'list', 'table', 'netdev', 'count'])
    return [...output.matchAll(/packets (\d+)/g)].map(([, packets]) => Number(packets))
  }

  const scan = (cwd: string, args: readonly string[]) => {
    const files = ['--db', join(cwd, 'results.db'), '-m', join(cwd, 'metadata.json'), '--json']
    const words = ['env', `INTERPLOT_LAB=${NETWORK}`, process.execPath, PROGRAM, 'scan', '-r', '50k', '-c', '1']
    const { code, output, errors } = pair.command('near', [...words, ...files, ...args])
    return { code, errors, summary: code === 0 ? (JSON.parse(output) as Record<string, number>) : {} }
  }

  it.each([
    ['ICMP echo', [], [1 / 2, 1 / 2]],
    ['TCP SYN', ['-p', '80'], [1 / 2, 1 / 2]],
    ['three senders', ['-T', '3'], [2 / 3, 1 / 3]],
    ['the kernel’s routing', ['-X'], [1 / 2, 1 / 2]],
    ['addresses of one’s choice', ['-S', '10.77.0.1,10.78.0.1'], [1 / 2, 1 / 2]],
  ])('finds each target once: %s', (name, args, shares) => {
    const cwd = folderFor(folder, name)
    const before = arrived()
    const { code, errors, summary } = scan(cwd, ['-i', 'near0,near1', ...args, TARGETS])
    const after = arrived()
    expect([code, /ERR_.*/.exec(errors)?.[0]]).toEqual([0, undefined])
    expect(summary).toMatchObject({ sent: COUNT, received: COUNT, accepted: COUNT, repeats: 0, unrelated: 0 })
    expect(after.map((packets, i) => (packets - before[i]!) / COUNT)).toEqual(
      shares.map((share) => expect.closeTo(share, 3)),
    )
    const counts = query(join(cwd, 'results.db'), 'SELECT count(*), count(DISTINCT address) FROM observations')
    expect(counts).toBe(`${COUNT}|${COUNT}`)
    const metadata = JSON.parse(readFileSync(join(cwd, 'metadata.json'), 'utf8')) as Record<string, unknown>
    expect(metadata).toMatchObject({ iface: 'near0,near1', source_ips: ['10.77.0.1', '10.78.0.1'] })
  })

  it.each([
    ['an interface twice', ['-i', 'near0,near0'], /ERR_USAGE: --interface wants/],
    ['fewer senders', ['-i', 'near0,near1', '-T', '1'], /ERR_USAGE: 2 interfaces want as many senders/],
    ['one gateway', ['-i', 'near0,near1', '-G', '02:00:00:00:00:0b'], /ERR_USAGE: several interfaces have several/],
    ['one source', ['-i', 'near0,near1', '-S', '10.77.0.1'], /ERR_USAGE: 2 interfaces and 1 source addresses/],
    ['the raw link', ['-i', 'near0,near1', '--link', 'raw'], /ERR_USAGE: the raw link sends through one/],
    ['one that is not there', ['-i', 'near0,near9'], /ERR_INTERFACE: there is no network interface "near9"/],
  ])('refuses %s', (name, args, message) => {
    const { code, errors } = scan(folderFor(folder, name), [...args, TARGETS])
    expect(errors).toMatch(message)
    expect(code).toBeGreaterThan(0)
  })
})
