/** Scans of the built program while the line below them fails: nothing is lost without being named. */

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot } from './kernel-lab.ts'
import { NETWORK, startWirePair, type WirePair } from './wire-pair.ts'

const TARGETS = '10.64.16.0/20'
const COUNT = 4096

interface Ended {
  code: number | null
  errors: string
  /** What went into the metadata: the summary, also of a scan that failed. */
  summary: Record<string, number>
}

interface Trouble {
  /** Done once, when the status file first has a line that this matches. */
  when: (sent: number, sending: boolean) => boolean
  make: () => Promise<void>
}

const SENT = 6
const SENDERS = 5

/** Runs a scan at the near end; trouble comes when the status file says that it is time. */
const scan = (pair: WirePair, cwd: string, args: readonly string[], trouble?: Trouble): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const status = join(cwd, 'status.csv')
    const metadata = join(cwd, 'metadata.json')
    const files = ['--db', join(cwd, 'results.db'), '-u', status, '-m', metadata]
    const words = [...pair.enter('near'), process.execPath, PROGRAM, 'scan', '-e', '7', ...files, ...args]
    const child = spawn(words[0]!, words.slice(1), { env: { ...process.env, INTERPLOT_LAB: '10.0.0.0/8' } })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString()
    })
    let made = false
    const timer = setInterval(() => {
      if (trouble === undefined || made || !existsSync(status)) return
      const fields = (readFileSync(status, 'utf8').trim().split('\n').at(-1) ?? '').split(',')
      if (!trouble.when(Number(fields[SENT]), fields[SENDERS] !== '0')) return
      made = true
      trouble.make().catch(reject)
    }, 20)
    child.once('close', (code) => {
      clearInterval(timer)
      const { interplot } = JSON.parse(readFileSync(metadata, 'utf8')) as { interplot: { summary: Ended['summary'] } }
      resolve({ code, errors, summary: interplot.summary })
    })
  })

describe.skipIf(!isRoot)('a scan in trouble', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('trouble')
  let pair: WirePair
  beforeAll(async () => {
    pair = await startWirePair({ receiveOffload: false })
    await pair.script('far', `ip route add local ${NETWORK} dev lo; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit`)
  })
  afterAll(() => pair?.stop())

  const rows = (cwd: string): number => Number(query(join(cwd, 'results.db'), 'SELECT count(*) FROM observations'))

  it.each([
    ['packet', ['-X']],
    ['raw', ['--link', 'raw']],
  ])('waits for a queue that is full again and again, and loses nothing (%s)', async (link, more) => {
    const cwd = folderFor(folder, `queue-${link}`)
    await pair.script('near', 'tc qdisc add dev near0 root tbf rate 1mbit burst 2kb limit 1500')
    const { code, summary } = await scan(pair, cwd, [...more, '-i', 'near0', '-r', '50k', '-c', '1', TARGETS])
    await pair.script('near', 'tc qdisc del dev near0 root')
    expect(code).toBe(0)
    expect(summary).toMatchObject({ sent: COUNT, success: COUNT, failed: 0 })
    expect(summary['backoffs']).toBeGreaterThan(10)
  })

  it('counts what a full queue refused for good, and says so', async () => {
    const cwd = folderFor(folder, 'queue-refused')
    await pair.script('near', 'tc qdisc add dev near0 root tbf rate 3mbit burst 4kb limit 3000')
    const args = ['-X', '-i', 'near0', '-r', '50k', '-c', '1', '--retries', '0', TARGETS]
    const { code, errors, summary } = await scan(pair, cwd, args)
    await pair.script('near', 'tc qdisc del dev near0 root')
    const { sent, failed, success } = summary as { sent: number; failed: number; success: number }
    expect(code).toBe(0)
    expect(failed).toBeGreaterThan(0)
    expect(sent + failed).toBe(COUNT)
    expect(success).toBe(sent)
    expect(errors).toMatch(/probes could not be sent: the interface refused them/)
  })

  it('waits for a device whose queue is tiny', async () => {
    const cwd = folderFor(folder, 'tun')
    const host = await pair.start('near', 'tun-host.ts', ['tun8'])
    const set =
      'ip addr add 10.88.0.1/32 dev tun8; ip link set tun8 txqueuelen 8 up; ip route add 10.96.0.0/20 dev tun8'
    await pair.script('near', set)
    const { code, summary } = await scan(pair, cwd, ['-r', '50k', '-c', '1', '10.96.0.0/20'])
    const answered = Number((await host.finish()).toString())
    expect(code).toBe(0)
    expect(summary).toMatchObject({ sent: COUNT, success: COUNT, failed: 0 })
    expect(summary['backoffs']).toBeGreaterThan(10)
    expect(answered).toBe(COUNT)
  })

  it.each([['packet'], ['af-xdp']])(
    'counts what could not leave while the line was cut, and goes on after it (%s)',
    async (link) => {
      const cwd = folderFor(folder, `cut-${link}`)
      const { code, errors, summary } = await scan(pair, cwd, ['--link', link, '-r', '1k', '-c', '1', TARGETS], {
        when: (sent) => sent > 200,
        // The far end forgets its neighbour with the line; asking for it again would cost answers.
        make: () =>
          pair.script(
            'far',
            `ip link set far0 down; sleep 1; ip link set far0 up
ip neigh replace 10.77.0.1 lladdr 02:00:00:00:00:0a dev far0 nud permanent`,
          ),
      })
      const { sent, failed, success } = summary as { sent: number; failed: number; success: number }
      expect(code).toBe(0)
      expect(failed).toBeGreaterThan(0)
      expect(sent + failed).toBe(COUNT)
      expect(errors).toMatch(/probes could not be sent: the interface refused them/)
      // One packet may be on its way when the line is cut.
      expect(sent - success).toBeLessThan(4)
      expect(rows(cwd)).toBe(success)
    },
  )

  it('says that answers are missing when the interface was down while it only listened', async () => {
    const cwd = folderFor(folder, 'deaf')
    const { code, errors, summary } = await scan(pair, cwd, ['-r', '5k', '-c', '4', TARGETS], {
      when: (sent, sending) => sent === COUNT && !sending,
      make: () => pair.script('near', 'ip link set near0 down; ip link set near0 up'),
    })
    await pair.script(
      'near',
      `ip neigh replace 10.77.0.2 lladdr 02:00:00:00:00:0b dev near0 nud permanent
ip route replace ${NETWORK} via 10.77.0.2 dev near0`,
    )
    expect(code).toBe(0)
    expect(summary).toMatchObject({ sent: COUNT, outages: 1 })
    expect(errors).toMatch(/the interface went down once while answers were awaited: some are missing/)
  })

  it('ends with an error and keeps what was found when the interface vanishes', async () => {
    const cwd = folderFor(folder, 'gone')
    const { code, errors } = await scan(pair, cwd, ['-r', '1k', '-c', '1', TARGETS], {
      when: (sent) => sent > 200,
      make: () => pair.script('near', 'ip link del near0'),
    })
    expect(code).toBe(1)
    expect(errors).toMatch(/ERR_LINK_SEND: the interface near0 went down/)
    expect(rows(cwd)).toBeGreaterThan(200)
    expect(query(join(cwd, 'results.db'), 'SELECT outcome FROM runs')).toBe('failed')
  })
})
