/**
 * What `-O` may be in a scan: zmap's names for our formats. zmap's `json` is one object a line; an array has a name of its own.
 */

import { type Described, makeRegistry } from '../core/registry.ts'
import { csv } from './csv.ts'
import type { OutputFormat } from './format.ts'
import { json, ndjson } from './json.ts'
import { text } from './text.ts'

export interface OutputModule extends Described {
  readonly format: OutputFormat
  /** The fields, where the module fixes them. */
  readonly fields?: readonly string[]
  /** True where every reply is wanted unless a filter says otherwise. */
  readonly everyReply?: boolean
}

const EXTENDED_FIELDS = 'classification,saddr,daddr,sport,dport,seqnum,acknum,cooldown,repeat,timestamp-str'

export const outputModules = makeRegistry<OutputModule>('output module', [
  { name: 'csv', aliases: ['default', 'simple_file'], help: csv.help, format: csv },
  { name: 'json', aliases: ['ndjson'], help: `${ndjson.help}, as zmap's json`, format: ndjson },
  { name: 'json-array', help: json.help, format: json },
  { name: 'text', help: text.help, format: text },
  {
    name: 'extended_file',
    help: 'csv of every reply with the ten fields of zmap 1',
    format: csv,
    fields: EXTENDED_FIELDS.split(','),
    everyReply: true,
  },
])
