/** The work of `interplot lab run`. */

import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { InterplotError } from '../core/errors.ts'
import { packageRoot } from '../core/package-root.ts'
import { startKernelLab } from '../lab/namespaces.ts'
import { readScenario } from '../lab/scenario.ts'
import { runInLiveLab } from './lab-live.ts'
import { makeTerminal, quietTerminal } from './terminal.ts'

const DEFAULT_SCENARIO = fileURLToPath(new URL('lab/scenarios/kernel.json', packageRoot))

/** How long a command may take to end after SIGTERM; an interactive shell ignores it. */
const TERM_GRACE_MS = 10_000

export interface LabOptions {
  scenario?: string
  quiet?: boolean
  /** The in-process simulation in real time, instead of what the kernel can be told. */
  live?: boolean
}

/** @returns the exit code of the command. @throws InterplotError when the lab can't be built. */
export const runInLab = async (command: readonly string[], options: LabOptions): Promise<number> => {
  const terminal = options.quiet === true ? quietTerminal : makeTerminal()
  const [program, ...args] = command
  if (program === undefined) throw new InterplotError('ERR_USAGE', 'there is no command to run in the lab')
  const scenario = readScenario(options.scenario ?? DEFAULT_SCENARIO)
  if (options.live === true) return runInLiveLab(scenario, command, terminal.note)
  const lab = await startKernelLab(scenario)
  // Ctrl-C reaches the command too; the lab waits for it and then removes itself.
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  let child: ChildProcess | undefined
  // SIGTERM is passed on, so that the command can keep what it has; a second one, or time, removes the lab around it.
  const end = (): void => {
    if (child === undefined || child.killed || !child.kill('SIGTERM')) void lab.stop()
    else setTimeout(() => void lab.stop(), TERM_GRACE_MS).unref()
  }
  process.on('SIGTERM', end)
  try {
    terminal.note(`lab: ${lab.networks.join(', ')} behind ${lab.interfaceName}; nothing here has a route out`)
    for (const note of lab.notes) terminal.note(`lab: ${note}`)
    return await lab.run(program, args, {
      stdio: 'inherit',
      onStart(started) {
        child = started
      },
    })
  } finally {
    await lab.stop()
    process.off('SIGINT', ignore)
    process.off('SIGTERM', end)
  }
}
