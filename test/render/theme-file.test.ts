import { describe, expect, it } from 'vitest'
import { styles } from '../../src/render/styles/index.ts'
import { parseColour, parseTheme } from '../../src/render/theme-file.ts'

describe('a theme file', () => {
  it('changes what it names and keeps the rest', () => {
    const { theme, name } = parseTheme(
      '{"extends": "light", "land": "tomato", "marker": {"fill": "#00f"}, "layer": "hexagons", "bloom": 0}',
      'my.json',
    )
    const light = styles.get('light').theme
    expect(name).toBe('my.json')
    expect(theme).toEqual({
      ...light,
      land: '#ff6347',
      layer: 'hexbin',
      bloom: 0,
      marker: { ...light.marker, fill: '#0000ff' },
    })
  })

  it('is based on dark when it says nothing', () => {
    expect(parseTheme('{}', 'x').theme).toEqual(styles.get('dark').theme)
  })

  it.each([
    ['{', 'is not JSON'],
    ['[]', 'is no theme'],
    ['{"land": "blau"}', 'land: "blau" is no colour'],
    ['{"halo": "rgba(0,0,0,0.5)"}', 'halo: must be a colour without transparency'],
    ['{"lnad": "red"}', 'Unrecognized key: "lnad"'],
    ['{"ramp": ["red"]}', 'ramp'],
    ['{"groups": ["red"]}', 'groups'],
    ['{"bloom": 7}', 'bloom'],
    ['{"extends": "neon"}', 'there is no style named "neon"'],
    ['{"layer": "cubes"}', 'there is no layer named "cubes"'],
  ])('refuses %s', (text, message) => {
    expect(() => parseTheme(text, 'my.json')).toThrow(message)
  })

  it('is not fooled by __proto__', () => {
    expect(() => parseTheme('{"__proto__": {"land": "red"}}', 'x')).toThrow('__proto__')
  })

  it.each([
    ['red', '#ff0000'],
    ['#abc', '#aabbcc'],
    ['#AABBCC', '#aabbcc'],
    ['rgb(1, 2, 3)', '#010203'],
    ['rgba(1, 2, 3, 0.5)', 'rgba(1, 2, 3, 0.5)'],
    ['transparent', 'transparent'],
    ['blau', null],
    ['#12', null],
    ['', null],
    ['url(http://x)', null],
  ])('reads the colour %s', (text, expected) => {
    expect(parseColour(text)).toBe(expected)
  })
})
