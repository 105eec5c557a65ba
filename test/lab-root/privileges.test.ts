/** What a running scan may still do once its sockets are open, thread by thread, as the kernel sees it. */

import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KernelLab } from '../../src/lab/namespaces.ts'
import { PROGRAM } from '../e2e/interplot.ts'
import { query } from '../e2e/query.ts'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { isRoot, startLab } from './kernel-lab.ts'

const NOBODY = 65_534
const COUNT = 4096
const SUDO = ['env', `SUDO_UID=${NOBODY}`, `SUDO_GID=${NOBODY}`]
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
const WITH_RAW = [...AS_NOBODY, '--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw']

interface Thread {
  uid: number
  /** Whether it has any capability, in force or to be taken. */
  capable: boolean
  noNewPrivileges: boolean
}

const threadsOf = (pid: number): Thread[] =>
  readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)![1]!
    return {
      uid: Number(field('Uid')),
      capable: [field('CapPrm'), field('CapEff')].some((bits) => BigInt(`0x${bits}`) !== 0n),
      noNewPrivileges: field('NoNewPrivs') === '1',
    }
  })

interface Ran {
  code: number
  errors: string
  /** In the middle of sending. */
  threads: Thread[]
}

/** Runs a scan of some two seconds and looks at its threads when its status file says that probes are on their way. */
const scan = async (lab: KernelLab, cwd: string, prefix: readonly string[], more: readonly string[]): Promise<Ran> => {
  const status = join(cwd, 'status.csv')
  const results = ['--db', join(cwd, 'results.db'), '-o', join(cwd, 'rows.csv'), '-u', status, '-v', '4']
  const words = [
    ...prefix,
    process.execPath,
    PROGRAM,
    'scan',
    '10.64.0.0/20',
    '-r',
    '2k',
    '-c',
    '1',
    ...results,
    ...more,
  ]
  let errors = ''
  let threads: Thread[] = []
  let timer: NodeJS.Timeout | undefined
  const code = await lab.run(words[0]!, words.slice(1), {
    stdio: 'pipe',
    onStart(child) {
      child.stdin?.end()
      child.stderr?.on('data', (chunk: Buffer) => {
        errors += chunk.toString()
      })
      timer = setInterval(() => {
        const lines = existsSync(status) ? readFileSync(status, 'utf8').split('\n') : []
        if (lines.length < 3) return
        clearInterval(timer)
        threads = threadsOf(child.pid!)
      }, 50)
    },
  })
  clearInterval(timer)
  return { code, errors, threads }
}

describe.skipIf(!isRoot)('rights of a scan', { timeout: 60_000 }, () => {
  const folder = temporaryFolder('privileges')
  let lab: KernelLab
  beforeAll(async () => {
    // Other users may pass through.
    chmodSync(folder, 0o755)
    lab = await startLab()
  })
  afterAll(() => lab?.stop())

  const folderOf = (name: string, owner: number, mode = 0o755): string => {
    const path = folderFor(folder, name)
    chownSync(path, owner, owner)
    chmodSync(path, mode)
    return path
  }
  const rows = (cwd: string): string => query(join(cwd, 'results.db'), 'SELECT count(*) FROM observations')
  const owners = (cwd: string): number[] => [...new Set(readdirSync(cwd).map((file) => statSync(join(cwd, file)).uid))]

  it.each([
    ['packet', []],
    ['raw', ['--link', 'raw']],
    ['af-xdp', ['--link', 'af-xdp']],
  ])("under sudo: the process is the user's, no thread can do anything, all is found (%s)", async (link, more) => {
    const cwd = folderOf(`sudo-${link}`, NOBODY)
    const { code, errors, threads } = await scan(lab, cwd, SUDO, more)
    expect([code, /ERR_.*/.exec(errors)?.[0]]).toEqual([0, undefined])
    expect(errors).toMatch(/privileges: the process is user 65534's/)
    expect(threads.length).toBeGreaterThan(4)
    expect(threads.filter(({ uid, capable }) => uid !== NOBODY || capable)).toEqual([])
    expect(rows(cwd)).toBe(`${COUNT}`)
    expect(readFileSync(join(cwd, 'rows.csv'), 'utf8').trim().split('\n').length).toBe(COUNT + 1)
    expect(owners(cwd)).toEqual([NOBODY])
    expect(readdirSync(cwd).sort()).toEqual(['results.db', 'rows.csv', 'status.csv'])
  })

  it('under sudo with a folder that the user cannot write to: as for root, and says why', async () => {
    const cwd = folderOf('sudo-elsewhere', 0, 0o700)
    const { code, errors, threads } = await scan(lab, cwd, SUDO, [])
    expect([code, /ERR_.*/.exec(errors)?.[0]]).toEqual([0, undefined])
    expect(errors).toMatch(/privileges: user 65534 cannot reach every file of this scan/)
    expect(threads.every(({ uid }) => uid === 0)).toBe(true)
    expect(threads.filter(({ capable, noNewPrivileges }) => !capable && noNewPrivileges).length).toBe(2)
    expect(rows(cwd)).toBe(`${COUNT}`)
  })

  it('as root: the receiver and each sender have nothing and can gain nothing', async () => {
    const cwd = folderOf('root', 0)
    const { code, threads } = await scan(lab, cwd, [], ['-T', '2'])
    expect(code).toBe(0)
    expect(threads.filter(({ capable, noNewPrivileges }) => !capable && noNewPrivileges).length).toBe(3)
    expect(rows(cwd)).toBe(`${COUNT}`)
  })

  it('as a user with CAP_NET_RAW: no thread that works has it any more', async () => {
    const cwd = folderOf('raw-user', NOBODY)
    const { code, threads } = await scan(lab, cwd, WITH_RAW, [])
    expect(code).toBe(0)
    expect(threads.filter(({ noNewPrivileges }) => noNewPrivileges).length).toBe(3)
    expect(threads.filter(({ capable, noNewPrivileges }) => noNewPrivileges && capable)).toEqual([])
    expect(rows(cwd)).toBe(`${COUNT}`)
  })

  it('keeps everything with --keep-privileges', async () => {
    const cwd = folderOf('kept', NOBODY)
    const { code, threads } = await scan(lab, cwd, SUDO, ['--keep-privileges'])
    expect(code).toBe(0)
    expect(threads.every(({ uid, capable }) => uid === 0 && capable)).toBe(true)
    expect(owners(cwd)).toEqual([0])
  })
})
