/** What the tests in namespaces share: a small lab, and a way to run the probe agent in it. */

import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type KernelLab, startKernelLab } from '../../src/lab/namespaces.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'

export const isRoot = process.platform === 'linux' && process.getuid?.() === 0

export const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const AGENT = fileURLToPath(new URL('./probe-agent.ts', import.meta.url))

export const startLab = (change: Partial<ScenarioInput> = {}): Promise<KernelLab> =>
  startKernelLab(
    parseScenario(
      {
        name: 'test',
        seed: '1',
        vantage: { address: '10.99.0.1' },
        networks: [{ prefix: '10.64.0.0/12', tcp: { '80': 'open', '*': 'closed' } }],
        ...change,
      },
      'test',
    ),
  )

/** Runs a command in the lab and returns its exit code and what it wrote. */
export const capture = async (
  lab: KernelLab,
  command: string,
  args: readonly string[],
): Promise<{ code: number; output: string; errors: string }> => {
  let output = ''
  let errors = ''
  const code = await lab.run(command, args, {
    stdio: 'pipe',
    onStart(child) {
      child.stdin?.end()
      child.stdout?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
      child.stderr?.on('data', (chunk: Buffer) => {
        errors += chunk.toString()
      })
    },
  })
  return { code, output, errors }
}

export const shell = async (lab: KernelLab, script: string): Promise<string> => {
  const { code, output, errors } = await capture(lab, 'sh', ['-ec', script])
  if (code !== 0) throw new Error(`"${script}" ended with ${code}: ${errors}`)
  return output
}

/** Runs one job of the probe agent at the lab's vantage point. `prefix` is put before the command (to drop privileges). */
export const probe = async (
  lab: KernelLab,
  job: string,
  options: object = {},
  prefix: readonly string[] = [],
): Promise<Record<string, unknown>> => {
  const [command, ...args] = [...prefix, process.execPath, '--import', LOADER, AGENT, job, JSON.stringify(options)]
  const { output, errors } = await capture(lab, command!, args)
  const line = output.trim().split('\n').at(-1) ?? ''
  if (!line.startsWith('{')) throw new Error(`the agent said "${output}" and "${errors}"`)
  return JSON.parse(line) as Record<string, unknown>
}
