/**
 * The fields of a probe module's rows in zmap's order: the IP header's, the module's between those of its protocol, the
 * verdict, the ICMP error, the system's; last what zmap does not have. A field that the module brings itself stands in
 * its own place and replaces the common one of that name.
 */

import { InterplotError } from '../core/errors.ts'
import { makeRegistry } from '../core/registry.ts'
import type { ReplyField } from '../core/reply-field.ts'
import {
  ADDRESS_FIELDS,
  DATA_FIELD,
  ICMP_ERROR_FIELDS,
  ICMP_FIELDS,
  OWN_FIELDS,
  PORT_FIELDS,
  SYSTEM_FIELDS,
  TCP_FIELDS,
  UDP_FIELDS,
  VERDICT_FIELDS,
} from './reply-fields.ts'

/** What the order depends on; every probe module is one. */
export interface FieldSource {
  readonly protocol: 'icmp' | 'tcp' | 'udp'
  readonly fields: readonly ReplyField[]
}

const inOrder = (source: FieldSource, own: readonly ReplyField[]): readonly ReplyField[] => {
  switch (source.protocol) {
    case 'tcp':
      return [...PORT_FIELDS, ...TCP_FIELDS, ...own, ...VERDICT_FIELDS, ...ICMP_ERROR_FIELDS]
    case 'udp':
      return [...VERDICT_FIELDS, ...PORT_FIELDS, ...UDP_FIELDS, ...own, DATA_FIELD, ...ICMP_ERROR_FIELDS]
    case 'icmp':
      return [...ICMP_FIELDS, ...own, ...VERDICT_FIELDS, DATA_FIELD]
  }
}

export const orderedFields = (source: FieldSource): readonly ReplyField[] => {
  // zmap's ICMP modules do not say who sent an error; ours do, after everything that zmap's have.
  const further = source.protocol === 'icmp' ? [...ICMP_ERROR_FIELDS, ...OWN_FIELDS] : OWN_FIELDS
  const all = [...ADDRESS_FIELDS, ...inOrder(source, source.fields), ...SYSTEM_FIELDS, ...further]
  const brought = new Map(source.fields.map((field) => [field.name, field]))
  return all.filter((field) => (brought.get(field.name) ?? field) === field)
}

/**
 * `saddr,ttl` → the fields in that order, under the names that were asked for; `*` → all.
 * @throws InterplotError ERR_UNKNOWN_NAME, listing the known ones; ERR_USAGE for an empty list.
 */
export const selectFields = (list: string, source: FieldSource): readonly ReplyField[] => {
  const fields = orderedFields(source)
  const registry = makeRegistry('output field', fields)
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  if (names.length === 0) throw new InterplotError('ERR_USAGE', 'no output field is named', { advice: 'Try: saddr.' })
  return names.flatMap((name): readonly ReplyField[] => {
    if (name === '*') return fields
    const field = registry.get(name)
    return [field.name === name ? field : { ...field, name }]
  })
}
