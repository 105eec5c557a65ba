/** GraphML (graphml.graphdrawing.org, version 1.0): keys that name the attributes, then nodes and edges with their data. */

import type { Value } from '../core/reply-field.ts'
import { xmlText } from '../core/xml-text.ts'
import type { PathGraph } from './path-graph.ts'

interface Key {
  id: string
  of: 'node' | 'edge'
  name: string
  type: 'string' | 'double' | 'boolean'
}

type Facts = Readonly<Record<string, Value>>

const typeOf = (values: readonly Value[]): Key['type'] => {
  const known = values.filter((value) => value !== null)
  if (known.every((value) => typeof value === 'number')) return 'double'
  return known.every((value) => typeof value === 'boolean') ? 'boolean' : 'string'
}

/** One key for each name of a fact; a name whose values are all null has none. */
const keysOf = (of: Key['of'], rows: readonly Facts[]): Key[] => {
  const byName = new Map<string, Value[]>()
  for (const facts of rows) {
    for (const [name, value] of Object.entries(facts)) {
      const values = byName.get(name)
      if (value !== null && values === undefined) byName.set(name, [value])
      else if (value !== null) values?.push(value)
    }
  }
  return [...byName].map(([name, values], i) => ({ id: `${of[0]}${i}`, of, name, type: typeOf(values) }))
}

const dataLines = (keys: readonly Key[], facts: Facts): string[] =>
  keys.flatMap(({ id, name }) => {
    const value = facts[name] ?? null
    return value === null ? [] : [`      <data key="${id}">${xmlText(String(value))}</data>`]
  })

export const graphmlText = ({ name, nodes, edges }: PathGraph): string => {
  const nodeRows = nodes.map(({ role, lines, facts }) => ({ role, label: lines.join(' '), ...facts }))
  const edgeRows = edges.map(({ certain, facts }) => ({ certain, ...facts }))
  const nodeKeys = keysOf('node', nodeRows)
  const edgeKeys = keysOf('edge', edgeRows)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
    ...[...nodeKeys, ...edgeKeys].map(
      (key) => `  <key id="${key.id}" for="${key.of}" attr.name="${xmlText(key.name)}" attr.type="${key.type}"/>`,
    ),
    `  <graph id="${xmlText(name)}" edgedefault="directed">`,
    ...nodes.flatMap(({ id }, i) => [
      `    <node id="${xmlText(id)}">`,
      ...dataLines(nodeKeys, nodeRows[i]!),
      '    </node>',
    ]),
    ...edges.flatMap(({ from, to }, i) => [
      `    <edge source="${xmlText(from)}" target="${xmlText(to)}">`,
      ...dataLines(edgeKeys, edgeRows[i]!),
      '    </edge>',
    ]),
    '  </graph>',
    '</graphml>',
    '',
  ].join('\n')
}
