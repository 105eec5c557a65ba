/** `interplot lab`: the options. */

import type { Command } from 'commander'
import { describeCommand, type Outcome } from './command-help.ts'

const EXAMPLES = [
  [
    'sudo interplot lab run -- interplot scan 10.64.0.0/12 -r 100k',
    'ping a million addresses that a real kernel answers',
  ],
  ['sudo interplot lab run -- bash', 'a shell inside: what you start there can reach nothing else'],
  [
    'sudo interplot lab run --live --scenario lab/scenarios/long-path.json -- mtr -n 240.1.0.9',
    'any program over a path of 15 routers with 20 ms each',
  ],
  ['sudo interplot lab run --scenario town.json -- ping -c 3 10.64.0.1', 'a scenario of your own'],
] as const

export const defineLab = (program: Command, outcome: Outcome): void => {
  const lab = program
    .command('lab')
    .description('A simulated Internet in network namespaces (Linux, root): real packets, and no way out')
    .helpOption('-h, --help', 'show this')
  const run = lab
    .command('run')
    .argument('<command...>', 'what to run inside; put -- before it')
    .description('Builds the lab, runs a command at its vantage point, removes everything')
    .passThroughOptions()
    .optionsGroup('What to build:')
    .option('--scenario <file>', 'scenario (default: 10.64.0.0/12, every address answers, port 80 is open)')
    .option('--live', 'the whole scenario, simulated in real time behind a TUN device, delays and all; slower')
    .option('-q, --quiet', 'say nothing about the lab itself')
    .action(async (command: string[], options: { scenario?: string; quiet?: boolean; live?: boolean }) => {
      const { runInLab } = await import('./lab-stage.ts')
      outcome.exitCode = await runInLab(command, options)
    })
  describeCommand(run, EXAMPLES)
  describeCommand(lab, EXAMPLES)
}
