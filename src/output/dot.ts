/** Graphviz's language: strings in double quotes, in which a quote and a backslash are escaped by a backslash. */

import type { GraphEdge, GraphNode, PathGraph } from './path-graph.ts'

/** Backslashes, too: in a label `\N`, `\G` and others stand for something. */
const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', ' ')}"`

const STYLES: Readonly<Record<GraphNode['role'], string>> = {
  source: 'shape=house, style=filled, fillcolor="#dbeafe"',
  router: 'shape=box, style="rounded,filled", fillcolor="#f8fafc"',
  target: 'shape=box, style=filled, fillcolor="#dcfce7"',
  silent: 'shape=circle, style=dashed',
  hidden: 'shape=box, style="rounded,dashed"',
}

const nodeLine = ({ id, lines, role }: GraphNode): string => {
  // The line break is an escape of the language, so it comes in after the rest has been escaped.
  const label = `"${lines.map((line) => quoted(line).slice(1, -1)).join('\\n')}"`
  return `  ${quoted(id)} [label=${label}, ${STYLES[role]}];`
}

const edgeLine = ({ from, to, label, certain }: GraphEdge): string => {
  const attributes = [
    ...(label === '' ? [] : [`label=${quoted(label)}`]),
    ...(certain ? [] : ['style=dotted', 'dir=none']),
  ]
  return `  ${quoted(from)} -> ${quoted(to)}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`};`
}

export const dotText = ({ name, nodes, edges }: PathGraph): string =>
  [
    `digraph ${quoted(name)} {`,
    '  rankdir=LR;',
    '  node [fontname="sans-serif", fontsize=10];',
    '  edge [fontname="sans-serif", fontsize=9];',
    ...nodes.map(nodeLine),
    ...edges.map(edgeLine),
    '}',
    '',
  ].join('\n')
