/** A graph of paths through a network, as the graph formats write it. */

import type { Value } from '../core/reply-field.ts'

export interface GraphNode {
  /** Unique in the graph. */
  id: string
  /** What stands in the drawn node, a line each. */
  lines: readonly string[]
  role: 'source' | 'router' | 'target' | 'silent' | 'hidden'
  facts: Readonly<Record<string, Value>>
}

export interface GraphEdge {
  from: string
  to: string
  /** '' = nothing is written beside it. */
  label: string
  /** False: packets were not followed along it. */
  certain: boolean
  facts: Readonly<Record<string, Value>>
}

export interface PathGraph {
  name: string
  nodes: readonly GraphNode[]
  edges: readonly GraphEdge[]
}
