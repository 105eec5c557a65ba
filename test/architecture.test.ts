import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname

/** A forbidden import for each folder that holds code: file → what it must not import, and the rule that says so. */
const VIOLATIONS = [
  ['core/planted.ts', '../wire/bytes.ts', 'imports-of-core'],
  ['wire/planted.ts', '../link/contract.ts', 'imports-of-wire'],
  ['geo/planted.ts', '../store/store.ts', 'imports-of-geo'],
  ['store/planted.ts', '../geo/locator.ts', 'imports-of-store'],
  ['render/planted.ts', '../store/store.ts', 'imports-of-render'],
  ['output/planted.ts', '../probe/scanner.ts', 'imports-of-output'],
  ['targets/planted.ts', '../wire/ipv4.ts', 'imports-of-targets'],
  ['targets/planted-geo.ts', '../geo/locator.ts', 'targets-know-only-the-index-of-geo'],
  ['targets/planted-source.ts', '../geo/place-source.ts', 'targets-know-only-types-of-place-source'],
  ['link/planted.ts', '../targets/target-set.ts', 'imports-of-link'],
  ['lab/planted.ts', '../probe/scanner.ts', 'imports-of-lab'],
  ['sources/planted.ts', '../probe/scanner.ts', 'imports-of-sources'],
  ['services/planted.ts', '../lab/world.ts', 'imports-of-services'],
  ['probe/planted.ts', '../store/store.ts', 'imports-of-probe'],
  ['probe/planted-link.ts', '../link/sim-link.ts', 'probe-knows-only-the-contract'],
  ['probe/modules/planted.ts', './icmp-echo.ts', 'strangers-in-probe-modules'],
  ['commands/planted.ts', '../../test/link/target-batch.ts', 'imports-of-commands'],
  ['commands/planted-native.ts', 'better-sqlite3', 'home-of-better-sqlite3'],
  ['probe/planted-native.ts', 'koffi', 'home-of-koffi'],
  ['targets/planted-io.ts', 'node:fs', 'pure-folders'],
  ['main.ts', 'koffi', 'home-of-koffi'],
  ['render/viewer/planted.ts', '../basemap.ts', 'viewer-runs-in-a-browser'],
  ['render/viewer/planted-io.ts', 'node:fs', 'viewer-runs-in-a-browser'],
  ['render/planted-viewer.ts', './viewer/tip.ts', 'viewer-is-bundled'],
  ['services/live-map/page/planted.ts', '../web-app.ts', 'viewer-runs-in-a-browser'],
  ['services/live-map/planted.ts', './page/words.ts', 'viewer-is-bundled'],
] as const

const cruise = (folder: string): string => {
  const { stdout } = spawnSync(
    'npx',
    ['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'err', 'bin', 'src'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  return stdout
}

describe('import rules', () => {
  let folder = ''
  let report = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'interplot-rules-'))
    for (const each of ['bin', 'src', 'test', '.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
      cpSync(join(ROOT, each), join(folder, each), { recursive: true })
    }
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const [file, imported] of VIOLATIONS) {
      const path = join(folder, 'src', file)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, `import '${imported}'\n`)
    }
    // A cycle, and with the files above plenty that nothing leads to.
    writeFileSync(join(folder, 'src/core/planted-a.ts'), "import './planted-b.ts'\n")
    writeFileSync(join(folder, 'src/core/planted-b.ts'), "import './planted-a.ts'\n")
    report = cruise(folder)
  }, 60_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(VIOLATIONS)('catch src/%s importing %s', (file, _imported, rule) => {
    expect(report).toContain(`error ${rule}: src/${file}`)
  })

  it('catch a cycle and a dead file', () => {
    expect(report).toContain('error no-circular: src/core/planted-a.ts')
    expect(report).toContain('error dead-file: src/wire/planted.ts')
  })

  it('are the table that docs/architecture.md shows', async () => {
    const { importTable } = (await import(join(ROOT, '.dependency-cruiser.mjs'))) as {
      importTable: Record<string, string[]>
    }
    const documentation = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
    const rows = documentation
      .slice(documentation.indexOf('<!-- import-table -->'), documentation.indexOf('<!-- /import-table -->'))
      .split('\n')
      .flatMap((line) => [...line.matchAll(/^\| ([a-z]+) \| (.+) \|$/g)])
      .filter(([, name]) => name !== 'folder' && name !== 'seam')
      .map(([, name, allowed]) => [name, allowed] as const)
      .filter(([name]) => name !== undefined && name in importTable)
    expect(rows.map(([name]) => name)).toEqual(Object.keys(importTable))
    for (const [name, allowed] of rows) {
      const expected = importTable[name ?? '']?.join(', ') ?? ''
      const shown = (allowed ?? '').replace(/ \(.*\)$/, '')
      if (shown === 'everything above')
        expect(importTable[name ?? '']?.length).toBe(Object.keys(importTable).length - 1)
      else expect(shown).toBe(expected === '' ? 'nothing' : expected)
    }
  })
})

describe('minting of targets', () => {
  it('happens in targets/target-set.ts and target-set6.ts only', () => {
    const { stdout } = spawnSync('grep', ['-rlE', 'as (unknown as )?Target(Batch|Space)', join(ROOT, 'src')], {
      encoding: 'utf8',
    })
    expect(
      stdout
        .trim()
        .split('\n')
        .map((path) => path.slice(ROOT.length))
        .sort(),
    ).toEqual(['src/targets/target-set.ts', 'src/targets/target-set6.ts'])
  })
})
