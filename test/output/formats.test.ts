import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../src/core/reply-field.ts'
import { outputFormats } from '../../src/output/index.ts'
import { outputModules } from '../../src/output/output-modules.ts'

const write = (name: string, fields: string[], rows: readonly (readonly Value[])[], header = true): string => {
  const writer = outputFormats.get(name).open(fields, { header })
  return writer.header() + rows.map((row) => writer.row(row)).join('') + writer.end()
}
const fields = ['saddr', 'ttl', 'success', 'city']
const rows: Value[][] = [
  ['192.0.2.1', 55, true, 'São "Paulo", BR'],
  ['198.51.100.20', 255, false, null],
]

describe('formats', () => {
  it.each([
    ['csv', 'saddr,ttl,success,city\n192.0.2.1,55,1,"São ""Paulo"", BR"\n198.51.100.20,255,0,\n'],
    [
      'ndjson',
      '{"saddr":"192.0.2.1","ttl":55,"success":true,"city":"São \\"Paulo\\", BR"}\n{"saddr":"198.51.100.20","ttl":255,"success":false,"city":null}\n',
    ],
    [
      'text',
      'saddr          ttl  success  city\n192.0.2.1       55  yes      São "Paulo", BR\n198.51.100.20  255  no       -\n',
    ],
  ])('%s', (name, text) => {
    expect(write(name, fields, rows)).toBe(text)
  })
  it('json is one array, also of nothing', () => {
    expect(JSON.parse(write('json', fields, rows))).toEqual([
      { saddr: '192.0.2.1', ttl: 55, success: true, city: 'São "Paulo", BR' },
      { saddr: '198.51.100.20', ttl: 255, success: false, city: null },
    ])
    expect(JSON.parse(write('json', fields, []))).toEqual([])
  })
  it.each([
    ['csv', '1\n'],
    ['text', '1\n'],
  ])('%s without its header', (name, text) => {
    expect(write(name, ['ttl'], [[1]], false)).toBe(text)
  })
  it('text stays aligned over many rows, and harmless to a terminal', () => {
    const lines = write(
      'text',
      ['n', 'x'],
      Array.from({ length: 1000 }, (_, i) => [i, '\u001b[31mred']),
    ).split('\n')
    expect(lines).toHaveLength(1002)
    expect(lines[1000]).toBe('999  �[31mred')
    expect(lines[1]).toBe('  0  �[31mred')
  })
})

describe('every format', () => {
  const anyValue = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
  it.each(outputFormats.entries.map((format) => [format.name] as const))('%s writes every row on a line', (name) => {
    const safe = anyValue.map((value) => (typeof value === 'string' ? value.replaceAll(/[\r\n]/g, '') : value))
    fc.assert(
      fc.property(fc.array(fc.tuple(safe, safe), { maxLength: 300 }), (values) => {
        const text = write(name, ['a', 'b'], values)
        const extra = { csv: 1, ndjson: 0, json: 2, text: 1 }[name] ?? 0
        expect(text.split('\n').length - 1).toBe(values.length + extra)
      }),
      { numRuns: 30 },
    )
    expect(outputFormats.get(name).help).not.toBe('')
  })
})

describe('output modules', () => {
  it.each([
    ['csv', 'csv'],
    ['default', 'csv'],
    ['simple_file', 'csv'],
    ['json', 'ndjson'],
    ['ndjson', 'ndjson'],
    ['json-array', 'json'],
    ['text', 'text'],
    ['extended_file', 'csv'],
  ])('%s writes %s', (name, format) => {
    expect(outputModules.get(name).format.name).toBe(format)
    expect(outputModules.get(name).help).not.toBe('')
  })
})
