// The import table of docs/architecture.md, enforced. test/architecture.test.ts checks that both say the same and that
// a violation planted in each folder is caught.

/** Folder of src/ → folders that it may import, beside itself. */
export const importTable = {
  core: [],
  wire: ['core'],
  geo: ['core'],
  store: ['core'],
  render: ['core'],
  output: ['core'],
  targets: ['core', 'geo'],
  link: ['core', 'wire'],
  lab: ['core', 'wire', 'link'],
  sources: ['core', 'wire', 'link'],
  probe: ['core', 'wire', 'targets', 'link'],
  services: ['core', 'targets', 'link', 'sources', 'probe', 'geo', 'store', 'output', 'render'],
  commands: [
    'core',
    'wire',
    'targets',
    'link',
    'lab',
    'sources',
    'probe',
    'geo',
    'store',
    'output',
    'render',
    'services',
  ],
}

/** Package → the only folders that may import it: native modules and what stands for a privilege. */
const packageHomes = {
  koffi: ['link'],
  'raw-socket': ['link'],
  'better-sqlite3': ['store'],
  '@napi-rs/canvas': ['render'],
  staticmaps: ['render'],
  maxmind: ['geo'],
  commander: ['commands', 'main'],
  ora: ['commands'],
}

/** No I/O and no clock: these may not import the parts of Node.js that do either. */
const pureFolders = '^src/(core|wire|targets|probe|render/styles|render/projection)/'
const impureModules =
  '^(node:)?(fs|fs/promises|net|dgram|dns|http|https|child_process|worker_threads|os|timers|process|tty|readline)$'

const tableRules = Object.entries(importTable).map(([folder, allowed]) => ({
  name: `imports-of-${folder}`,
  comment: `src/${folder} may import ${allowed.length === 0 ? 'nothing else of src' : allowed.join(', ')}: see docs/architecture.md`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|bin|test|bench)/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
}))

const packageRules = Object.entries(packageHomes).map(([name, folders]) => ({
  name: `home-of-${name}`,
  comment: `only src/${folders.join(', src/')} may import ${name}`,
  severity: 'error',
  from: { path: '^(src|bin)/', pathNot: `^src/(${folders.join('|')})(/|[.]ts$)` },
  to: { path: `node_modules/${name}/` },
}))

const strangers = (folder, shared) => ({
  name: `strangers-in-${folder.replaceAll('/', '-')}`,
  comment: `plug-ins in src/${folder} do not import each other`,
  severity: 'error',
  from: { path: `^src/${folder}/([^/]+)[.]ts$`, pathNot: `^src/${folder}/(index|${shared.join('|')})[.]ts$` },
  to: { path: `^src/${folder}/`, pathNot: `^src/${folder}/($1|${shared.join('|')})[.]ts$` },
})

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'dead-file',
      comment: 'nothing leads here from the program, one of its workers or a test',
      severity: 'error',
      from: {
        path: '^(bin/interplot|src/.*-(worker|holder)|src/render/viewer/viewer|src/services/live-map/page/live|test/.*[.]test|bench/[^/]+)[.]ts$',
      },
      to: { path: '^src/', pathNot: '([.]d|-worker|-holder|viewer/viewer|page/live)[.]ts$', reachable: false },
    },
    {
      name: 'probe-knows-only-the-contract',
      comment: "probe imports link's contract, never a link",
      severity: 'error',
      from: { path: '^src/probe/' },
      to: { path: '^src/link/', pathNot: '^src/link/contract[.]ts$' },
    },
    {
      name: 'targets-know-only-the-index-of-geo',
      comment: 'targets import the numbers of geo/answer.ts and the types of geo/place-source.ts, nothing else of geo',
      severity: 'error',
      from: { path: '^src/targets/' },
      to: { path: '^src/geo/', pathNot: '^src/geo/(answer|place-source)[.]ts$' },
    },
    {
      name: 'targets-know-only-types-of-place-source',
      comment: 'region.ts takes databases as arguments; it opens none',
      severity: 'error',
      from: { path: '^src/targets/' },
      to: { path: '^src/geo/place-source[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-folders',
      comment: 'no I/O and no clock here: take what you need as an argument',
      severity: 'error',
      from: { path: pureFolders },
      to: { path: impureModules },
    },
    {
      name: 'src-never-imports-tests',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { couldNotResolve: true, pathNot: '^raw-socket$' },
    },
    strangers('probe/modules', [
      'contract',
      'dns-fields',
      'icmp-echo-probe',
      'ip-template',
      'kept-data',
      'packet-recipe',
      'payload-template',
      'probe-args',
      'tcp-probe',
      'udp-probe',
      'udp-writer',
    ]),
    {
      name: 'viewer-runs-in-a-browser',
      comment:
        'src/render/viewer and the page of the live map import only what is pure: no packages, nothing of Node.js, no files that use either',
      severity: 'error',
      from: { path: '^src/(render/viewer|services/live-map/page)/' },
      to: {
        pathNot:
          '^src/(core/(units|connection|ip)|services/live-map/(page/.*|protocol)|render/(viewer/.*|html/(page-format|web-mercator|morton)|tone-scale|colour-ramp|map-data|oklab|point-colours|frame-points|label-placement|country-scale|arc-sources|accuracy-places|spot-kernel|density-scale))[.](ts|css)$',
      },
    },
    {
      name: 'viewer-is-bundled',
      comment: 'the program takes the bundled viewer out of dist/viewer; it imports none of it',
      severity: 'error',
      from: { path: '^(src|bin)/', pathNot: '^src/(render/viewer|services/live-map/page)/' },
      to: { path: '^src/(render/viewer|services/live-map/page)/' },
    },
    strangers('render/styles', ['contract']),
    strangers('render/projection', ['contract']),
    strangers('render/backends', ['contract']),
    strangers('geo/providers', ['provider']),
    ...tableRules,
    ...packageRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
