/** Maps on terminals: what is written, in which cells, and what a terminal is taken for. */

import { describe, expect, it } from 'vitest'
import { type MapData, renderMap } from '../../../src/render/map.ts'
import type { Scene } from '../../../src/render/scene.ts'
import { rectangle } from '../../../src/render/scene.ts'
import { paletteNumber } from '../../../src/render/terminal/ansi-line.ts'
import { cellOf, isWholeReply, terminalColours, terminalGraphics } from '../../../src/render/terminal/capabilities.ts'
import { cellsOf, fitCells } from '../../../src/render/terminal/cell-text.ts'
import { iterm2Of, kittyOf } from '../../../src/render/terminal/inline-image.ts'
import { type TerminalLook, terminalPictureSize } from '../../../src/render/terminal/look.ts'
import { sceneCells } from '../../../src/render/terminal/scene-cells.ts'
import { sixelOf } from '../../../src/render/terminal/sixel.ts'
import { BERLIN_TO_SYDNEY, clusteredPoints, mapData } from '../fixture-data.ts'
import { readSixel } from './sixel-reader.ts'

const draw = async (look: TerminalLook, data: MapData = mapData(), change: object = {}): Promise<string> =>
  (await renderMap(data, { backend: 'terminal', terminal: look, ...terminalPictureSize(look), ...change })).toString(
    'utf8',
  )

const ESC = '\u001b'
const SEQUENCE = new RegExp(`${ESC}\\[[\\d;]*m`, 'g')
const KITTY_CHUNK = new RegExp(`${ESC}_G([^;]*);([A-Za-z0-9+/=]*)${ESC}\\\\`, 'g')
const visible = (text: string): string[] => text.replace(/\n$/, '').replaceAll(SEQUENCE, '').split('\n')

const LOOK: TerminalLook = { columns: 80, rows: 24, colours: 'truecolor', graphics: 'braille' }
const traced = mapData({ points: clusteredPoints('terminal', 300), paths: [BERLIN_TO_SYDNEY] })

describe('characters', () => {
  it.each<TerminalLook>([
    LOOK,
    { ...LOOK, columns: 120, rows: 40, colours: '256' },
    { ...LOOK, columns: 200, rows: 60 },
    { ...LOOK, columns: 33, rows: 20 },
  ])('fill $columns × $rows cells in $colours', async (look) => {
    const lines = visible(await draw(look, traced))
    expect(lines).toHaveLength(look.rows)
    for (const text of lines) expect(cellsOf(text)).toBe(look.columns)
  })

  it('are plain without colours, and ASCII where there is no more', async () => {
    expect(await draw({ ...LOOK, colours: 'none' }, traced)).toMatchSnapshot()
    const ascii = await draw({ ...LOOK, colours: 'none', graphics: 'ascii' }, traced)
    expect(ascii).toMatchSnapshot()
    expect(ascii).toMatch(/^[\n -~]*$/)
  })

  it('leave the terminal as it was at the end of each line', async () => {
    for (const text of (await draw(LOOK, traced)).trimEnd().split('\n')) expect(text.endsWith('\u001b[0m')).toBe(true)
  })

  it('let no word of a stranger steer the terminal', async () => {
    const title = 'ab\u001b[2J\u009b31m\u202ecd\r\n\u0007'
    const text = await draw(LOOK, mapData({ title, subtitle: title, attributions: [title] }))
    const [first] = visible(text)
    expect(first).toContain('ab[2J31mcd')
    expect(text.replaceAll(SEQUENCE, '').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('show a point and the border of an area where they are', () => {
    const scene: Scene = {
      title: '',
      description: '',
      width: 8,
      height: 8,
      background: '#000000',
      layers: [
        { kind: 'shape', role: 'sea', outline: rectangle(0, 0, 4, 8), fill: '#ff0000' },
        { kind: 'shape', role: 'land', outline: rectangle(0.5, 0.5, 3, 7), stroke: { colour: '#0000ff', width: 1 } },
        { kind: 'dots', role: 'points', centres: Float32Array.of(6.5, 5.5), radius: 0.5, fill: '#00ff00' },
      ],
    }
    const cells = sceneCells(scene, LOOK)
    expect([...cells.dots].map((dots) => dots.toString(16))).toEqual(['4f', 'b9', '0', '0', 'c7', 'f8', '0', '2'])
    expect([...cells.behind]).toEqual([0xff0000, 0xff0000, 0, 0, 0xff0000, 0xff0000, 0, 0])
    expect(cells.ink[7]).toBe(0x00ff00)
    expect(cells.ink[0]).toBe(0x0000ff)
  })
})

describe('words in cells', () => {
  it.each([
    ['Zürich', 6],
    ['東京', 4],
    ['e\u0301', 1],
    ['', 0],
  ])('%s takes %d', (text, cells) => {
    expect(cellsOf(text)).toBe(cells)
  })

  it.each([
    ['a long title', 8, 'a long…'],
    ['東京大阪', 6, '東京…'],
    ['short', 8, 'short'],
    ['x', 0, ''],
  ])('%s in %d cells is %s', (text, cells, fitted) => {
    expect(fitCells(text, cells, '…')).toBe(fitted)
  })
})

describe('256 colours', () => {
  it.each([
    [0x000000, 16],
    [0xffffff, 231],
    [0x808080, 244],
    [0xff0000, 196],
    [0x5f87af, 67],
  ])('%d is number %d', (colour, number) => {
    expect(paletteNumber(colour)).toBe(number)
  })
})

describe('pictures', () => {
  it('sixel: what is drawn comes back', () => {
    const [width, height] = [37, 20]
    const rgba = new Uint8Array(width * height * 4)
    for (let i = 0; i < width * height; i += 1) {
      const colour = [0x000000, 0xff0000, 0x00ff00, 0x3366cc][(Math.floor(i / 5) + Math.floor(i / width)) % 4]!
      rgba.set([colour >> 16, (colour >> 8) & 255, colour & 255, 255], i * 4)
    }
    const picture = readSixel(sixelOf(rgba, width, height).toString('latin1'))
    expect([picture.width, picture.height]).toEqual([width, height])
    for (let i = 0; i < width * height; i += 1) {
      const [at, colour] = [i * 4, picture.pixels[i]!]
      const channels = [colour >> 16, (colour >> 8) & 255, colour & 255]
      // Percentages, and a palette of rounded colours.
      for (const [channel, value] of channels.entries()) expect(Math.abs(value - rgba[at + channel]!)).toBeLessThan(8)
    }
  })

  it('sixel: a map leaves no pixel out', async () => {
    const look: TerminalLook = { ...LOOK, graphics: 'sixel', cell: { width: 7, height: 13 } }
    const text = await draw(look, traced)
    const start = text.indexOf('\u001bP')
    const picture = readSixel(text.slice(start, text.indexOf('\u001b\\') + 2))
    expect([picture.width, picture.height]).toEqual([560, 260])
    expect(picture.pixels.every((pixel) => pixel >= 0)).toBe(true)
  })

  it('kitty: chunks of at most 4096, the last of which says so, make the PNG', async () => {
    const text = await draw({ ...LOOK, graphics: 'kitty' }, traced)
    const chunks = [...text.matchAll(KITTY_CHUNK)]
    expect(chunks.length).toBeGreaterThan(1)
    expect(chunks[0]![1]).toBe('a=T,f=100,q=2,c=80,r=20,m=1')
    for (const [i, chunk] of chunks.entries()) {
      expect(chunk[2]!.length).toBeLessThanOrEqual(4096)
      if (i > 0) expect(chunk[1]).toBe(i === chunks.length - 1 ? 'm=0' : 'm=1')
    }
    const png = Buffer.from(chunks.map((chunk) => chunk[2]).join(''), 'base64')
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG')
    expect(png.subarray(-8, -4).toString('latin1')).toBe('IEND')
    expect(kittyOf(png, { columns: 80, rows: 20 }).toString('latin1')).toBe(chunks.map(([whole]) => whole).join(''))
  })

  it('iTerm2: one sequence', () => {
    expect(iterm2Of(Buffer.from('abc'), { columns: 8, rows: 2 }).toString('latin1')).toBe(
      '\u001b]1337;File=inline=1;size=3;width=8;height=2;preserveAspectRatio=0:YWJj\u0007',
    )
  })
})

const UTF8 = { LANG: 'en_US.UTF-8' }
const KITTY_REPLY = '\u001b_Gi=31;OK\u001b\\\u001b[6;18;9t\u001b[?62;c'

describe('what a terminal is taken for', () => {
  it.each([
    [{ ...UTF8, TERM: 'xterm-256color' }, '', 'braille'],
    [{ ...UTF8, TERM: 'xterm-256color' }, '\u001b[?62;4;22c', 'sixel'],
    [{ ...UTF8, TERM: 'xterm-256color' }, '\u001b[?4;6c', 'braille'],
    [{ ...UTF8, TERM: 'xterm-256color' }, KITTY_REPLY, 'kitty'],
    [{ ...UTF8, TERM: 'xterm-256color' }, '\u001b_Gi=31;ENOTSUPPORTED\u001b\\\u001b[?62c', 'braille'],
    [{ ...UTF8, TERM: 'xterm-kitty' }, '', 'kitty'],
    [{ ...UTF8, TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, '', 'iterm2'],
    [{ ...UTF8, TERM: 'tmux-256color', TMUX: '/tmp/x,1,0' }, KITTY_REPLY, 'braille'],
    [{ ...UTF8, TERM: 'screen' }, '\u001b[?62;4c', 'braille'],
    [{ TERM: 'xterm-256color', LANG: 'C' }, '', 'ascii'],
    [{ TERM: 'xterm-256color', LC_ALL: 'C', LANG: 'en_US.UTF-8' }, '', 'ascii'],
    [{ ...UTF8, TERM: 'linux' }, '', 'ascii'],
    [{ ...UTF8, TERM: 'dumb' }, '', 'ascii'],
    [{}, '', 'ascii'],
  ])('%o, %j: %s', (env, reply, graphics) => {
    expect(terminalGraphics(env, reply)).toBe(graphics)
  })

  it.each([
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'truecolor'],
    [{ TERM: 'xterm-256color' }, '256'],
    [{ TERM: 'xterm-256color', COLORTERM: 'truecolor', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256'],
    [{ TERM: 'dumb', COLORTERM: 'truecolor' }, 'none'],
    [{}, 'none'],
  ])('%o has colours: %s', (env, colours) => {
    expect(terminalColours(env)).toBe(colours)
  })

  it('a reply is whole with its device attributes, and may tell the size of a cell', () => {
    expect(isWholeReply(KITTY_REPLY)).toBe(true)
    expect(isWholeReply(KITTY_REPLY.slice(0, -1))).toBe(false)
    expect(cellOf(KITTY_REPLY)).toEqual({ width: 9, height: 18 })
    expect(cellOf('\u001b[6;0;0t')).toBeNull()
  })
})
