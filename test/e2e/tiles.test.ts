import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sendTile, startTileServer } from '../render/tiles/tile-server.ts'
import { listFolder, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const cwd = temporaryFolder('tiles-e2e')
const env = { INTERPLOT_CACHE_DIR: join(cwd, 'cache') }
const NOWHERE = 'http://127.0.0.1:1/{z}/{x}/{y}.png'

beforeAll(() => {
  writeFileSync(join(cwd, 'places.csv'), 'latitude,longitude\n52.52,13.40\n-33.87,151.21\n')
})

describe('render --tiles', () => {
  it('draws on tiles, keeps them, says which are missing, and leaves standard output alone', async () => {
    const server = await startTileServer((tile, response, request) => {
      if (tile.x === 1) response.writeHead(404).end()
      else sendTile(tile, response, request)
    })
    const args = [
      'render',
      'places.csv',
      '--tiles',
      server.template,
      '--tiles-attribution',
      '© Test',
      '--size',
      '800x450',
    ]
    const first = await interplot([...args, '-o', 'one.png'], { cwd, env })
    expect(first).toMatchObject({ code: 0, stdout: '' })
    expect(first.stderr).toMatch(
      /\d+ of \d+ tiles from 127\.0\.0\.1:\d+ are missing \(\d+ that the server does not have\)/,
    )
    expect(server.asked[0]!.headers['user-agent']).toMatch(/^interplot\/\d+\.\d+\.\d+$/)
    const asked = server.asked.length
    const second = await interplot([...args, '-o', '-', '--format', 'png'], { cwd, env })
    expect(second.code).toBe(0)
    // What the server did not have is asked for again.
    expect(server.asked.slice(asked).every(({ x }) => x === 1)).toBe(true)
    const third = await interplot([...args, '-o', 'two.png'], { cwd, env })
    expect(third.code).toBe(0)
    expect(readFileSync(join(cwd, 'two.png')).equals(readFileSync(join(cwd, 'one.png')))).toBe(true)
  })

  it.each<[string, string[], RegExp]>([
    ['no attribution', [NOWHERE], /^ERR_USAGE: --tiles wants --tiles-attribution\./],
    ['an empty one', [NOWHERE, '--tiles-attribution', ' '], /^ERR_USAGE: --tiles wants --tiles-attribution\./],
    ['two lines of it', [NOWHERE, '--tiles-attribution', 'a\nb'], /^ERR_USAGE: --tiles-attribution wants one line/],
    ['a template without column', ['http://127.0.0.1:1/{z}/{y}.png'], /^ERR_USAGE: the URL in --tiles lacks \{x\}/],
    ['no URL', ['{z}{x}{y}'], /^ERR_USAGE: the URL in --tiles is none/],
    ['a file', ['file:///{z}/{x}/{y}.png'], /^ERR_USAGE: the URL in --tiles is not http or https/],
    ['many servers', ['http://{s}.localhost/{z}/{x}/{y}.png'], /^ERR_USAGE: the URL in --tiles holds \{s\}/],
    [
      'a server by tile',
      ['http://127.0.0.{x}/{z}/{y}.png'],
      /^ERR_USAGE: the URL in --tiles has \{z\}, \{x\} or \{y\} before its path/,
    ],
    [
      'another projection',
      [NOWHERE, '--projection', 'robinson'],
      /^ERR_USAGE: tiles are in the projection mercator, not robinson/,
    ],
    [
      'the address space',
      [NOWHERE, '--projection', 'hilbert'],
      /^ERR_USAGE: tiles are in the projection mercator, not hilbert/,
    ],
    ['html', [NOWHERE, '-o', 'map.html'], /^ERR_USAGE: html shows no tiles/],
    ['geojson', [NOWHERE, '-o', 'map.geojson'], /^ERR_USAGE: geojson shows no tiles/],
    ['terminal', [NOWHERE, '--format', 'terminal'], /^ERR_USAGE: terminal shows no tiles/],
    [
      'too many tiles',
      [NOWHERE, '--tiles-attribution', 'X', '--size', '4096x4096'],
      /^ERR_USAGE: this picture needs \d+ tiles/,
    ],
    [
      'no server',
      [NOWHERE, '--tiles-attribution', 'X'],
      /^ERR_TILES: not one tile came from 127\.0\.0\.1:1: no connection \(ECONNREFUSED\)/,
    ],
  ])('refuses %s in one line', async (_name, tiles, line) => {
    const before = listFolder(cwd)
    const { code, stdout, stderr } = await interplot(['render', 'places.csv', '--tiles', ...tiles], { cwd, env })
    expect(stderr).toMatch(line)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stdout).toBe('')
    expect(code).toBe(line.source.includes('ERR_TILES') ? 1 : 2)
    expect(listFolder(cwd)).toEqual(before)
  })
})
