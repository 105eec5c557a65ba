import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commandExists } from '../../src/lab/namespace-process.ts'
import type { ScenarioInput } from '../../src/lab/scenario.ts'
import { capture, isRoot, LOADER, probe, shell, startLab } from './kernel-lab.ts'

const OWNER = fileURLToPath(new URL('./lab-owner.ts', import.meta.url))

/** Every network namespace that a process of this machine is in. */
const namespacesInUse = (): Set<string> => {
  const found = new Set<string>()
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      found.add(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {
      // A process that has ended, or a kernel thread's.
    }
  }
  return found
}

const ownInterfaces = (): string => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })

const lineFrom = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.split('\n')[0]!)
    })
    child.once('exit', () => reject(new Error(`it ended, having said "${text}"`)))
  })

/** Asks until the answer is right, at most five seconds. */
const eventually = async (holds: () => boolean): Promise<boolean> => {
  for (let tries = 0; tries < 250 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 20))
  return holds()
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

// Needs root (network namespaces); skipped otherwise.
describe.skipIf(!isRoot)('the lab in network namespaces', { timeout: 60_000 }, () => {
  it('answers over whole networks, first and last address included', async () => {
    const lab = await startLab()
    try {
      expect(lab).toMatchObject({ networks: ['10.64.0.0/12'], interfaceName: 'lab0', notes: [] })
      for (const first of ['10.64.0.0', '10.70.255.224', '10.79.255.192']) {
        expect(await probe(lab, 'echo', { first })).toMatchObject({ seen: 64, distinct: 64, matches: true })
      }
    } finally {
      await lab.stop()
    }
  })

  it('gives the command its environment, and passes its exit code on', async () => {
    const lab = await startLab()
    try {
      expect(await shell(lab, 'echo $INTERPLOT_LAB')).toBe('10.64.0.0/12\n')
      expect(await shell(lab, 'command -v interplot')).toMatch(/lab\/bin\/interplot\n$/)
      expect((await capture(lab, 'sh', ['-c', 'exit 7'])).code).toBe(7)
      expect((await capture(lab, 'sh', ['-c', 'kill -TERM $$'])).code).toBe(143)
      expect((await capture(lab, 'no-such-command', [])).code).toBe(127)
    } finally {
      await lab.stop()
    }
  })

  it('has no route out and leaves the machine alone', async () => {
    const before = ownInterfaces()
    const lab = await startLab()
    try {
      expect(ownInterfaces()).toBe(before)
      expect(await shell(lab, 'ip -o link | cut -d: -f2 | cut -d@ -f1')).toBe(' lo\n lab0\n')
      expect((await capture(lab, 'ip', ['route', 'get', '192.0.2.1'])).code).not.toBe(0)
    } finally {
      await lab.stop()
    }
    expect(ownInterfaces()).toBe(before)
  })

  it('puts routers on the way, each of which takes one off the TTL', async () => {
    const lab = await startLab({
      routers: ['a', 'b', 'c'].map((name, index) => ({ name, address: `10.${index + 1}.0.1`, delayMs: 0 })),
      networks: [
        { prefix: '10.64.0.0/16', path: ['a', 'b'], delayMs: 0 },
        { prefix: '10.65.0.0/16', path: ['a', 'b', 'c'], tcp: { '80': 'open' }, delayMs: 0 },
        { prefix: '10.66.0.0/16', path: ['a', 'c'], echo: false, delayMs: 0 },
      ],
    })
    try {
      const hop = (ttl: number) => probe(lab, 'hop', { first: '10.65.0.9', ttl })
      expect(await hop(1)).toMatchObject({ seen: ['icmp 11/0 from 10.1.0.1'] })
      expect(await hop(2)).toMatchObject({ seen: ['icmp 11/0 from 10.2.0.1'] })
      expect(await hop(3)).toMatchObject({ seen: ['icmp 11/0 from 10.3.0.1'] })
      expect(await hop(4)).toMatchObject({ seen: ['icmp 0/0 from 10.65.0.9'] })
      expect(await probe(lab, 'hop', { first: '10.64.0.9', ttl: 3 })).toMatchObject({
        seen: ['icmp 0/0 from 10.64.0.9'],
      })
      expect(await probe(lab, 'hop', { first: '10.66.0.9', ttl: 64 })).toMatchObject({ seen: [] })
      expect(await probe(lab, 'hop', { first: '10.3.0.1', ttl: 64 })).toMatchObject({
        seen: ['icmp 0/0 from 10.3.0.1'],
      })
    } finally {
      await lab.stop()
    }
  })

  it('answers nothing for the vantage point itself when that lies inside a network, and all around it', async () => {
    const lab = await startLab({ vantage: { address: '10.77.0.1' } })
    try {
      expect(await probe(lab, 'echo', { first: '10.77.0.2' })).toMatchObject({ seen: 64, distinct: 64 })
    } finally {
      await lab.stop()
    }
  })

  const FILTERED = {
    networks: [{ prefix: '10.64.0.0/12', tcp: { '80': 'open', '81': 'filtered', '82': 'prohibited', '*': 'closed' } }],
  } satisfies Partial<ScenarioInput>

  // One of the two, as the machine has it.
  if (commandExists('nft')) {
    it('filters and prohibits ports', async () => {
      const lab = await startLab(FILTERED)
      try {
        const ports = (port: number) => probe(lab, 'port', { port })
        expect(await ports(80)).toMatchObject({ seen: ['syn-ack'] })
        expect(await ports(81)).toMatchObject({ seen: [] })
        expect(await ports(82)).toMatchObject({ seen: ['icmp 3/13'] })
        expect(await ports(83)).toMatchObject({ seen: ['rst'] })
      } finally {
        await lab.stop()
      }
    })
  } else {
    it('refuses filtered ports without nft', async () => {
      await expect(startLab(FILTERED)).rejects.toMatchObject({
        code: 'ERR_LAB',
        advice: expect.stringContaining('nftables'),
      })
    })
  }

  it.each(['stop', 'SIGKILL'] as const)('is gone after %s, with whatever still runs in it', async (how) => {
    const before = namespacesInUse()
    const interfaces = ownInterfaces()
    const owner = spawn(process.execPath, ['--import', LOADER, OWNER], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { pids } = JSON.parse(await lineFrom(owner)) as { pids: number[] }
    expect(pids.length).toBeGreaterThanOrEqual(2)
    expect(pids.every(isAlive)).toBe(true)
    expect(namespacesInUse().size).toBeGreaterThan(before.size)
    if (how === 'SIGKILL') owner.kill('SIGKILL')
    else owner.stdin.end('stop\n')
    expect(await eventually(() => !pids.some(isAlive))).toBe(true)
    expect(await eventually(() => [...namespacesInUse()].every((each) => before.has(each)))).toBe(true)
    expect(ownInterfaces()).toBe(interfaces)
  })
})
