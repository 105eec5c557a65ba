/** Scans by a user without privileges, in a lab that nothing leaves: the built program, as somebody who may nothing. */

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KernelLab } from '../../src/lab/namespaces.ts'
import { PROGRAM } from '../e2e/interplot.ts'
import { query as queryFile } from '../e2e/query.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { capture, isRoot, startLab } from './kernel-lab.ts'

const folder = temporaryFolder('connect')
const canDropRights = spawnSync('setpriv', ['--version']).error === undefined
const hasFilter = spawnSync('nft', ['--version']).error === undefined
const NOBODY = 'setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --'
const OPEN_RANGE = 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range'
const CLOSED_RANGE = 'echo "1 0" > /proc/sys/net/ipv4/ping_group_range'

describe.skipIf(!isRoot || !canDropRights)('a scan without privileges', () => {
  let lab: KernelLab
  beforeAll(async () => {
    chmodSync(folder, 0o777)
    const filtered = hasFilter ? { '81': 'filtered' as const } : {}
    lab = await startLab({ networks: [{ prefix: '10.64.0.0/12', tcp: { '80': 'open', ...filtered, '*': 'closed' } }] })
  })
  afterAll(() => lab.stop())

  /** A shell line as nobody, in a folder of its own; `$SCAN` is the program's. */
  const asNobody = async (name: string, line: string, before = CLOSED_RANGE) => {
    const cwd = join(folder, name)
    mkdirSync(cwd)
    chmodSync(cwd, 0o777)
    const scan = `SCAN="${process.execPath} ${PROGRAM} scan --allow-special 10.0.0.0/8"`
    const script = `${before}; cd '${cwd}'; exec ${NOBODY} env HOME='${cwd}' bash -c "$1"`
    const done = await capture(lab, 'bash', ['-c', script, '-', `${scan}; ${line}`])
    return { ...done, query: (sql: string) => queryFile(join(cwd, 'results.db'), sql) }
  }

  it('tells open from closed ports of every host exactly once, and says how', async () => {
    const { code, errors, query } = await asNobody('tcp', '$SCAN 10.64.0.0/21 -p 80,443 -c 1 -r 5k')
    expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    expect(
      errors.match(/raw sockets need CAP_NET_RAW: scanning without them \(--engine connect\), slower.*/g),
    ).toHaveLength(1)
    const sql =
      'SELECT port, classification, count(*), count(DISTINCT address), min(rtt_us) > 0, count(window) FROM observations GROUP BY 1, 2'
    expect(query(`${sql} ORDER BY 1`)).toBe('80|1|2048|2048|1|0\n443|2|2048|2048|1|0')
    expect(JSON.parse(query('SELECT summary FROM runs'))).toMatchObject({
      sent: 4096,
      targets: 4096,
      success: 2048,
      failed: 0,
    })
  })

  it.skipIf(!hasFilter)('takes silence for silence, and ends', async () => {
    const { code, query } = await asNobody('silent', '$SCAN 10.64.0.0/26 -p 80,81 -c 1 -r 5k')
    expect([code, query('SELECT port, count(*) FROM observations GROUP BY 1')]).toEqual([0, '80|64'])
    expect(JSON.parse(query('SELECT summary FROM runs'))).toMatchObject({ sent: 128, failed: 0 })
  })

  it('keeps to the selection', async () => {
    const line = 'printf "10.64.0.0/25\\n10.64.0.200\\n" > block; $SCAN 10.64.0.0/24 -b block -p 80 -c 1 -r 5k -q'
    const { code, query } = await asNobody('selection', line)
    const first = 0x0a400000
    const sql = `SELECT count(*), count(DISTINCT address), min(address) - ${first}, sum(address = ${first} + 200) FROM observations`
    expect([code, query(sql)]).toEqual([0, '127|127|128|0'])
  })

  it('works with few sockets', async () => {
    const line = 'ulimit -n 200; $SCAN 10.64.0.0/22 -p 80 -c 2 -r 50k'
    const { code, errors, query } = await asNobody('few', line)
    expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    expect(query('SELECT count(*), count(DISTINCT address) FROM observations')).toBe('1024|1024')
  })

  it('ends when no socket is ever to be had', async () => {
    const { code, query } = await asNobody('foreign', '$SCAN 10.64.0.0/26 -p 80 -c 1 -S 10.1.2.3 -r 5k')
    expect(code).toBe(0)
    expect(JSON.parse(query('SELECT summary FROM runs'))).toMatchObject({ sent: 0, failed: 64, success: 0 })
  })

  it('goes on where it was interrupted', async () => {
    const line =
      '$SCAN 10.64.0.0/18 -p 80 -c 1 -r 3k & sleep 3; kill -INT $!; wait $!; echo first $?; $SCAN --resume results.db -c 1 -r 6k'
    const { code, output, query } = await asNobody('resumed', line)
    expect([code, output.trim()]).toEqual([0, 'first 130'])
    expect(query('SELECT count(*), count(DISTINCT address) FROM observations')).toBe('16384|16384')
    expect(query('SELECT outcome FROM runs')).toBe('done')
  })

  it('finds every host by ICMP echo where the system allows it', async () => {
    const { code, errors, query } = await asNobody(
      'echo',
      '$SCAN 10.64.0.0/19 -c 1 -r 20k -M icmp-echo-time -P 2',
      OPEN_RANGE,
    )
    expect([code, errors.match(/ERR_.*/)?.[0]]).toEqual([0, undefined])
    const sql = 'SELECT classification, count(*), count(DISTINCT address), min(rtt_us) > 0 FROM observations'
    expect(query(sql)).toBe('0|8192|8192|1')
    expect(JSON.parse(query('SELECT summary FROM runs'))).toMatchObject({
      sent: 16384,
      repeats: 8192,
      cookie: 0,
      failed: 0,
    })
  })

  it.each([
    [
      'echo where the system does not',
      '$SCAN 10.64.0.0/24',
      /; for ICMP echo alone: sudo sysctl -w net\.ipv4\.ping_group_range/,
    ],
    ['what connections cannot do', '$SCAN 10.64.0.0/24 -M dns -p 53', /Run with sudo/],
    ['an engine that was chosen', '$SCAN 10.64.0.0/24 -p 80 --engine native', /Run with sudo/],
    ['a link that was chosen', '$SCAN 10.64.0.0/24 -p 80 --link packet', /Run with sudo/],
  ])('ends in one clear line for %s', async (name, line, advice) => {
    const { code, errors, output } = await asNobody(name.replaceAll(' ', '-'), `${line} --no-db`)
    expect([code, output]).toEqual([1, ''])
    expect(
      errors
        .trim()
        .split('\n')
        .filter((each) => !each.includes(' opened')),
    ).toHaveLength(1)
    expect(errors).toMatch(/^ERR_RAW_PRIVILEGE: raw sockets need CAP_NET_RAW/m)
    expect(errors).toMatch(advice)
  })

  it.each([
    ['-M dns -p 53', /has no probe module dns/],
    ['-p 80 --source-port 1000', /has no --source-port/],
    ['-p 80 --probe-ttl 3', /has no --probe-ttl/],
    ['-p 80 --rate auto', /has no --rate auto/],
    ['-p 80 --link packet', /has no --link/],
  ])('with --engine connect %s is a mistake', async (options, message) => {
    const name = `mistake${options.replace(/\W+/g, '-')}`
    const { code, errors } = await asNobody(name, `$SCAN 10.64.0.0/24 --engine connect --no-db ${options}`)
    expect(errors).toMatch(message)
    expect(code).toBe(2)
  })
})
