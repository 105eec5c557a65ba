/** What `scan --list-…` prints. */

import { orderedFields } from '../../output/field-order.ts'
import { outputModules } from '../../output/output-modules.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import { listProbeModules } from './probe-module-list.ts'

export interface ListingOptions {
  probeModule?: string
  listProbeModules?: boolean
  listOutputModules?: boolean
  listOutputFields?: boolean
}

const namesOf = (entries: readonly { name: string; help: string; aliases?: readonly string[] }[]): string => {
  const width = Math.max(...entries.map(({ name }) => name.length))
  return entries
    .map(({ name, help, aliases = [] }) => {
      const also = aliases.length === 0 ? '' : ` (also ${aliases.join(', ')})`
      return `${name.padEnd(width)}  ${help}${also}\n`
    })
    .join('')
}

/** @returns the list that was asked for, or null. @param module the chosen probe module. */
export const listing = (options: ListingOptions, module: () => ProbeModule): string | null => {
  if (options.listProbeModules === true) return listProbeModules(options.probeModule)
  if (options.listOutputModules === true) return namesOf(outputModules.entries)
  if (options.listOutputFields !== true) return null
  // In zmap's form: "%-15s %6s: %s".
  return orderedFields(module())
    .map(({ name, type, help }) => `${name.padEnd(15)} ${type.padStart(6)}: ${help}\n`)
    .join('')
}
