import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const START = fileURLToPath(new URL('../bin/interplot.ts', import.meta.url))
/** What takes long to load. */
const LATE = ['@napi-rs/canvas', 'sharp', 'staticmaps', 'd3-geo', 'better-sqlite3', 'koffi', 'undici', 'ora', 'execa']

/** What `import … from` leads to; types and `import()` load nothing at the start. */
const staticImports = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+'([^']+)'/gms)].map(
    ([, name]) => name!,
  )

it('the start of every command loads nothing that only some need', () => {
  const seen = new Set<string>()
  const packages = new Set<string>()
  const waiting = [START]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    for (const name of staticImports(path)) {
      if (name.startsWith('.')) waiting.push(resolve(dirname(path), name))
      else packages.add(name)
    }
  }
  expect(seen.size).toBeGreaterThan(10)
  expect(packages.has('commander')).toBe(true)
  expect([...packages].filter((name) => LATE.includes(name))).toEqual([])
})
