// `npm test`: everything. Checks, build, unit tests, tests of the kernel and of the built program. As root on Debian it installs what the
// system tests need; otherwise it says what it skips. With CI set, a skipped test is a failure.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Command that a test uses → Debian package that has it. */
const NEEDED = {
  ip: 'iproute2',
  nsenter: 'util-linux',
  nft: 'nftables',
  zmap: 'zmap',
  traceroute: 'traceroute',
  mtr: 'mtr-tiny',
  scamper: 'scamper',
  openssl: 'openssl',
  tcpdump: 'tcpdump',
  chromium: 'chromium',
}
/** Those that come with a service, which a developer's own machine should not get without being asked. */
const NEEDED_IN_CI = { 'fail2ban-client': 'fail2ban' }

const say = (text) => process.stdout.write(`${text}\n`)
const isRoot = process.getuid?.() === 0
const has = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0
const run = (command, args) => spawnSync(command, args, { stdio: 'inherit' }).status ?? 1

const installMissing = () => {
  const missing = Object.entries(process.env.CI ? { ...NEEDED, ...NEEDED_IN_CI } : NEEDED).filter(
    ([command]) => !has(command),
  )
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  if (!isRoot || !has('apt-get')) {
    say(
      `not installed: ${packages.join(', ')}; tests that need them are skipped (apt-get install ${packages.join(' ')})`,
    )
    return
  }
  say(`installing ${packages.join(', ')}`)
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

const folder = mkdtempSync(join(tmpdir(), 'interplot-test-'))
const totals = { passed: 0, failed: 0, skipped: 0 }
const skippedNames = []

const vitest = (project) => {
  const report = join(folder, `${project}.json`)
  const status = run('npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const result = JSON.parse(readFileSync(report, 'utf8'))
  totals.passed += result.numPassedTests
  totals.failed += result.numFailedTests
  totals.skipped += result.numPendingTests + result.numTodoTests
  for (const file of result.testResults) {
    for (const test of file.assertionResults)
      if (test.status === 'pending' || test.status === 'skipped') skippedNames.push(test.fullName)
  }
  return status
}

installMissing()
let failed = false
try {
  for (const step of ['check:static', 'build']) failed = failed || run('npm', ['run', '--silent', step]) !== 0
  if (!failed) {
    const results = [vitest('unit'), vitest('program'), vitest('system')]
    failed = results.some((status) => status !== 0)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
for (const name of skippedNames) say(`skipped${isRoot ? '' : ' (needs root)'}: ${name}`)
if (totals.skipped > 0 && process.env.CI) {
  say('a skipped test is a failure in CI')
  failed = true
}
say(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = failed || totals.passed === 0 ? 1 : 0
