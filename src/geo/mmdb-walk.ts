/**
 * Every leaf of a MaxMind DB's search tree, in order of address. A sound tree has each node behind one other; the places
 * where databases lead IPv6 addresses into the IPv4 tree (::ffff:0:0/96 mapped, 2002::/16 6to4, 2001::/32 Teredo) are
 * aliases and come as one leaf each. A tree that leads in circles, or to a node twice, is found out in as many steps as
 * it has nodes.
 */

/** A child value: a node when smaller than the node count. */
export type Child = (node: number, bit: number) => number

export interface WalkedTree {
  child: Child
  nodeCount: number
  /** Where the tree of IPv4 begins; a node or a leaf. */
  ipv4Root: number
  tooDeep: () => Error
  /** For a node that is reached twice. */
  tangled: () => Error
}

/** @param first the network's first address. @param bits its prefix length. @param value no node. */
export type Ipv4LeafVisitor = (first: number, bits: number, value: number) => void

/** `value` of an IPv6 leaf behind which the IPv4 tree lies. */
export const ALIAS = -2
/** @param words the network's first address, four words of 32 bits, valid during the call. */
export type Ipv6LeafVisitor = (words: Uint32Array, bits: number, value: number) => void

const makeStepCounter = ({ nodeCount, tangled }: WalkedTree): (() => void) => {
  let steps = 0
  return () => {
    steps += 1
    if (steps > nodeCount) throw tangled()
  }
}

export const walkIpv4Leaves = (tree: WalkedTree, visit: Ipv4LeafVisitor): void => {
  const { child, nodeCount } = tree
  const step = makeStepCounter(tree)
  const walk = (value: number, depth: number, first: number): void => {
    if (value >= nodeCount) {
      visit(first, depth, value)
      return
    }
    if (depth === 32) throw tree.tooDeep()
    step()
    walk(child(value, 0), depth + 1, first)
    walk(child(value, 1), depth + 1, (first | (1 << (31 - depth))) >>> 0)
  }
  walk(tree.ipv4Root, 0, 0)
}

/** Of a tree for IPv6; what lies behind its IPv4 root comes as ALIAS, wherever it hangs. */
export const walkIpv6Leaves = (tree: WalkedTree, visit: Ipv6LeafVisitor): void => {
  const { child, nodeCount, ipv4Root } = tree
  const step = makeStepCounter(tree)
  const words = new Uint32Array(4)
  const walk = (value: number, depth: number): void => {
    if (value >= nodeCount || value === ipv4Root) {
      // An address that ends within the IPv4 tree has no place for 32 more bits.
      if (value < nodeCount && depth > 96) throw tree.tooDeep()
      visit(words, depth, value >= nodeCount ? value : ALIAS)
      return
    }
    if (depth === 128) throw tree.tooDeep()
    step()
    walk(child(value, 0), depth + 1)
    const word = depth >>> 5
    const bit = (1 << (31 - (depth & 31))) >>> 0
    words[word]! += bit
    walk(child(value, 1), depth + 1)
    words[word]! -= bit
  }
  walk(0, 0)
}
