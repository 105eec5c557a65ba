/** What `--list-probe-modules` prints: all of them, a line each, or everything about the one that was named. */

import type { ProbeModule } from '../../probe/modules/contract.ts'
import { probeModules } from '../../probe/modules/index.ts'

/** Not in the registry: it sends no probes. */
const BANNER = ['banner', 'no module but a second stage, scan --banner: what open TCP ports say'] as const

const table = (rows: readonly (readonly [string, string])[], indent: string): string[] => {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, help]) => `${indent}${name.padEnd(width)}  ${help}`)
}

const describeModule = (module: ProbeModule): string[] => {
  const { name, aliases = [], help, usesPorts, success, argsHelp, fields } = module
  return [
    `${name}: ${help}`,
    ...(aliases.length === 0 ? [] : [`also known as ${aliases.join(', ')}`]),
    usesPorts ? 'needs --target-ports' : 'has no ports',
    `successes: ${success.join(', ')}`,
    '',
    ...(argsHelp === null
      ? ['takes no --probe-args']
      : ['--probe-args:', ...argsHelp.split('\n').map((line) => `  ${line}`)]),
    ...(fields.length === 0 ? [] : ['', 'fields of its own:']),
    ...table(
      fields.map((field) => [field.name, field.help]),
      '  ',
    ),
  ]
}

/** @throws InterplotError ERR_UNKNOWN_NAME, listing the known ones. */
export const listProbeModules = (name: string | undefined): string => {
  if (name === BANNER[0]) return `${BANNER.join(': ')}\n`
  const lines =
    name === undefined
      ? table([...probeModules.entries.map(({ name: each, help }) => [each, help] as const), BANNER], '')
      : describeModule(probeModules.get(name))
  return `${lines.join('\n')}\n`
}
