/** Whole scans beside a program that forges packets on the wire: only the true hosts are found, and each lie is counted by its reason. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { type Beside, NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const TARGETS = '10.64.8.0/22'
const COUNT = 1024
/** Half of the targets: 10.64.8.0/23. */
const HONEST_COUNT = 512
const HONEST_BELOW = '10'

type Counts = Record<string, number>

/** The reason under which each kind of lie must be counted; what is fuzzed may fall under any, or not pass the filter. */
const REASONS: Record<string, readonly string[]> = {
  cookie: ['spoofed', 'wrong cookie', 'error about no probe', 'another scan'],
  checksum: ['header checksum', 'payload checksum'],
  malformed: ['truncated', 'longer than it is', 'shorter than a header'],
  fragment: ['first fragment', 'later fragment'],
  unrelated: ['error about a stranger'],
}

const ICMP = 1
const TCP = 6

/** Whether it is a probe: an echo request, or a SYN. */
const isProbe = (packet: Uint8Array): boolean =>
  (packet[9] === ICMP && packet[20] === 8) || (packet[9] === TCP && packet[33] === 2)

describe.skipIf(!isRoot)('a scan among forged packets', () => {
  const folder = temporaryFolder('hostile-wire')
  let pair: WirePair
  let listener: Beside
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script(
      'far',
      `echo 0 > /proc/sys/net/ipv4/ip_forward
ip route add local 10.64.8.0/23 dev lo
echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`,
    )
    listener = await pair.start('far', 'port-host.ts', ['80'])
  })
  afterAll(async () => {
    await listener?.finish()
    await pair?.stop()
  })

  const scan = (cwd: string, seed: string, args: readonly string[]): Counts => {
    const program = ['env', `INTERPLOT_LAB=${NETWORK}`, process.execPath, PROGRAM, 'scan', '-e', seed]
    const common = ['--json', '--db', join(cwd, `${seed}.db`), '-c', '2', '-r', '2k', TARGETS]
    const { code, output, errors } = pair.command('near', [...program, ...common, ...args])
    expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    return JSON.parse(output) as Counts
  }

  it.each([
    ['icmp-echo', []],
    ['tcp-syn', ['-p', '80']],
  ])('finds the true hosts only, and names every lie (%s)', async (module, more) => {
    const cwd = folderFor(folder, module)
    const args = ['-M', module, ...more]
    const pasts = await pair.record(() => scan(cwd, 'another', args))
    const packed = pasts
      .filter(isProbe)
      .map((packet) => [Uint8Array.of(packet.length & 255, packet.length >>> 8), packet])
    writeFileSync(join(cwd, 'pasts'), Buffer.concat(packed.flat()))
    const host = await pair.start('far', 'hostile-host.ts', ['far0', module, join(cwd, 'pasts'), HONEST_BELOW])
    const summary = scan(cwd, 'lied-to', args)
    const told = JSON.parse((await host.finish()).toString()) as Counts

    expect(summary).toMatchObject({ sent: COUNT, success: HONEST_COUNT, droppedByKernel: 0 })
    const found = 'SELECT group_concat(address), count(*) FROM (SELECT address FROM observations ORDER BY address)'
    const truth = query(join(cwd, 'another.db'), found)
    expect(truth).toMatch(new RegExp(`\\|${HONEST_COUNT}$`))
    expect(query(join(cwd, 'lied-to.db'), found)).toBe(truth)
    for (const [kind, count] of Object.entries(told)) {
      const each = kind === 'replayed' ? HONEST_COUNT : COUNT
      expect([kind, count]).toEqual([kind, kind === 'fuzzed' ? 4 * each : each])
    }
    expect(told).toHaveProperty('another scan')
    const expected = (reason: string): number => REASONS[reason]!.reduce((sum, kind) => sum + told[kind]!, 0)
    expect(summary['fragment']).toBe(expected('fragment'))
    let refused = 0
    let named = 0
    for (const reason of Object.keys(REASONS)) {
      expect(summary[reason], reason).toBeGreaterThanOrEqual(expected(reason))
      refused += summary[reason]!
      named += expected(reason)
    }
    expect(refused).toBeLessThanOrEqual(named + told['fuzzed']!)
    expect(summary).toMatchObject({ accepted: HONEST_COUNT + told['replayed']!, repeats: told['replayed'] })
    expect(summary['received']).toBe(summary['accepted']! + refused)
  })
})
