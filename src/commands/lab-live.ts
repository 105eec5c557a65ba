/**
 * `interplot lab run --live`: a network namespace whose only way out is a TUN device, and the in-process simulation behind
 * it in real time. The program starts itself again inside the namespace, since a process cannot easily enter another one.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { systemClock } from '../core/clock.ts'
import { InterplotError } from '../core/errors.ts'
import { formatIpv6, parseIpv4 } from '../core/ip.ts'
import { makeInternet } from '../lab/internet.ts'
import { twinOf } from '../lab/ipv6-twin.ts'
import { runLiveInternet } from '../lab/live-internet.ts'
import { labEnvironment } from '../lab/namespaces.ts'
import type { Scenario } from '../lab/scenario.ts'
import { openTun } from '../link/tun-device.ts'

const INSIDE = 'INTERPLOT_LIVE_LAB'
const DEVICE = 'lab0'

/** Whether this process was started inside the namespace. */
const isInside = (): boolean => process.env[INSIDE] === '1'

const waitFor = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new InterplotError('ERR_CHILD_PROCESS', `cannot run ${child.spawnfile}`, { cause })),
    )
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })

/** The same command line once more, in a namespace of its own that ends with it. */
const enter = (): Promise<number> => {
  if (process.getuid?.() !== 0) {
    throw new InterplotError('ERR_LAB', 'a lab in network namespaces needs root', {
      advice: 'Run with sudo. Or trace in process: --scenario FILE.',
    })
  }
  const again = [...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('unshare', ['--net', '--kill-child', process.execPath, ...again], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
  return waitFor(child)
}

const ip = (...words: string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** @returns the exit code of the command. @throws InterplotError ERR_LAB, ERR_CHILD_PROCESS */
export const runInLiveLab = async (
  scenario: Scenario,
  command: readonly string[],
  note: (line: string) => void,
): Promise<number> => {
  if (!isInside()) return enter()
  const vantage = parseIpv4(scenario.vantage.address)!
  const device = openTun(DEVICE)
  ip('link', 'set', 'lo', 'up')
  ip('address', 'add', `${scenario.vantage.address}/32`, 'dev', DEVICE)
  ip('-6', 'address', 'add', `${formatIpv6(twinOf(vantage))}/128`, 'dev', DEVICE, 'nodad')
  ip('link', 'set', DEVICE, 'up')
  ip('route', 'add', 'default', 'dev', DEVICE, 'src', scenario.vantage.address)
  ip('-6', 'route', 'add', 'default', 'dev', DEVICE, 'src', formatIpv6(twinOf(vantage)))
  const live = runLiveInternet(makeInternet(scenario), device, systemClock)
  const prefixes = scenario.networks.map(({ prefix }) => prefix)
  note(`lab: ${prefixes.join(', ')} behind ${DEVICE}, in real time; nothing here has a route out`)
  const [program, ...args] = command
  const env: NodeJS.ProcessEnv = { ...process.env, ...labEnvironment(prefixes) }
  delete env[INSIDE]
  const child = spawn(program!, args, { stdio: 'inherit', env })
  // Ctrl-C reaches the command too; the lab goes when it is gone.
  const ignore = (): void => undefined
  const end = (): void => {
    child.kill('SIGTERM')
  }
  process.on('SIGINT', ignore)
  process.on('SIGTERM', end)
  try {
    return await waitFor(child)
  } finally {
    process.off('SIGINT', ignore)
    process.off('SIGTERM', end)
    await live.stop()
    if (live.dropped() > 0) note(`lab: ${live.dropped()} answers dropped, too many at once`)
  }
}
