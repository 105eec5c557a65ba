import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dotText } from '../../src/output/dot.ts'
import { graphmlText } from '../../src/output/graphml.ts'
import type { PathGraph } from '../../src/output/path-graph.ts'

const graphOf = (text: string): PathGraph => ({
  name: text,
  nodes: [
    { id: `a ${text}`, lines: [text, 'two'], role: 'source', facts: { name: text, ttl: 1, odd: null } },
    { id: 'b', lines: ['b'], role: 'target', facts: { name: 'b', ttl: 2, odd: true } },
  ],
  edges: [{ from: `a ${text}`, to: 'b', label: text, certain: false, facts: { rtt_ms: 1.5 } }],
})

/** What is left of a DOT file when its quoted strings are taken out, by the rule of the language: a backslash takes the next letter along. */
const outsideOfStrings = (dot: string): string => dot.replace(/"(?:[^"\\]|\\[\s\S])*"/g, 'S')

describe('graphs as text', () => {
  it('writes DOT that Graphviz reads', () => {
    expect(dotText(graphOf('x')).split('\n').slice(4)).toEqual([
      '  "a x" [label="x\\ntwo", shape=house, style=filled, fillcolor="#dbeafe"];',
      '  "b" [label="b", shape=box, style=filled, fillcolor="#dcfce7"];',
      '  "a x" -> "b" [label="x", style=dotted, dir=none];',
      '}',
      '',
    ])
  })

  it('names each kind of fact once in GraphML, with its type, and leaves out what is not known', () => {
    const lines = graphmlText(graphOf('x')).split('\n')
    expect(lines.filter((line) => line.includes('attr.name="ttl"'))).toEqual([
      '  <key id="n3" for="node" attr.name="ttl" attr.type="double"/>',
    ])
    expect(lines.filter((line) => line.includes('key="n4"'))).toEqual(['      <data key="n4">true</data>'])
    expect(lines).toContain('  <key id="e1" for="edge" attr.name="rtt_ms" attr.type="double"/>')
  })

  it('keeps whatever text inside of its quotes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ minLength: 1 }),
          fc.string({ minLength: 1, unit: fc.constantFrom('"', '\\', '\n', 'n', '<', '&', '\u0000') }),
        ),
        (text) => {
          expect(outsideOfStrings(dotText(graphOf(text)))).toBe(outsideOfStrings(dotText(graphOf('x'))))
          const markup = (xml: string): string[] => xml.match(/<[^>]*>/g)!.map((tag) => tag.replace(/"[^"]*"/g, 'S'))
          expect(markup(graphmlText(graphOf(text)))).toEqual(markup(graphmlText(graphOf('x'))))
        },
      ),
    )
  })
})
