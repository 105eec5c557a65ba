/** Limits and selections of `interplot scan`, over the simulated Internet. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { type Finished, interplot } from './interplot.ts'
import { query } from './query.ts'

const folder = temporaryFolder('scan-limits')
const PREFIX = '10.64.0.0/20'
const TARGETS = 4096

/** A scan in a folder of its own, of a network where `density` of the addresses answer. */
const scanIn = (cwd: string, args: readonly string[], network: object = {}, input?: string): Promise<Finished> => {
  const networks = [{ prefix: PREFIX, density: 0.5, tcp: { '80': 'open', '*': 'closed' }, ...network }]
  const scenario = { name: 'limits', seed: 'limits', vantage: { address: '10.77.0.1' }, networks }
  writeFileSync(join(cwd, 'scenario.json'), JSON.stringify(scenario))
  const common = ['--link', 'sim', '--scenario', 'scenario.json', '--allow-special', '10.0.0.0/8', '-e', 'limits']
  return interplot(['scan', ...common, ...args], { cwd, ...(input === undefined ? {} : { input }) })
}

const rowsOf = (cwd: string): number => Number(query(join(cwd, 'results.db'), 'SELECT count(*) FROM observations'))

describe('a scan with limits', () => {
  it('ends with exactly as many results as --max-results asks for', async () => {
    const cwd = folderFor(folder, 'results')
    const { code, stdout } = await scanIn(cwd, [PREFIX, '-N', '37', '-o', '-', '-r', '1000'])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n').slice(1)).toHaveLength(37)
    expect(rowsOf(cwd)).toBe(37)
  })

  it('sends no longer than --max-runtime', async () => {
    const cwd = folderFor(folder, 'runtime')
    const { code, stdout } = await scanIn(cwd, [PREFIX, '-t', '2s', '-r', '1000', '--json'])
    expect(code).toBe(0)
    const { sent } = JSON.parse(stdout)
    expect(sent).toBeGreaterThanOrEqual(1900)
    expect(sent).toBeLessThanOrEqual(2300)
  })

  it('gives up with exit code 1 when fewer answer than --min-hitrate', async () => {
    const cwd = folderFor(folder, 'hitrate')
    const { code, stderr } = await scanIn(cwd, [PREFIX, '--min-hitrate', '20', '-r', '500'], { density: 0.01 })
    expect(code).toBe(1)
    expect(stderr).toMatch(/sending ends: .*--min-hitrate/)
  })

  it.each([
    ['a file', 'list.txt'],
    ['standard input', '-'],
  ])('probes the pairs of %s and no others', async (_, path) => {
    const cwd = folderFor(folder, `pairs ${path}`)
    const pairs = Array.from({ length: 512 }, (_pair, i) => `10.64.${i >>> 8}.${i & 255}:${i % 2 === 0 ? 80 : 81}\n`)
    writeFileSync(join(cwd, 'list.txt'), pairs.join(''))
    const { code, stdout } = await scanIn(cwd, ['-I', path, '--json'], { density: 1 }, pairs.join(''))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ targets: 512, success: 256 })
    const found = query(
      join(cwd, 'results.db'),
      'SELECT port, count(*), min(address % 2), max(address % 2) FROM observations GROUP BY 1',
    )
    expect(found).toBe('80|256|0|0\n81|256|1|1')
  })

  it('refuses ports beside pairs', async () => {
    const cwd = folderFor(folder, 'ports')
    const { code, stderr } = await scanIn(cwd, ['-I', '-', '-p', '80'], {}, '10.64.0.1:80\n')
    expect(code).toBe(2)
    expect(stderr).toMatch(/ERR_USAGE/)
  })
})

describe('a scan that watches itself', () => {
  it('flags with --canaries every network that answers on all ports', async () => {
    const cwd = folderFor(folder, 'canaries')
    const args = [PREFIX, '-p', '80', '-r', '500', '--canaries', '--json']
    const { code, stdout } = await scanIn(cwd, args, { answersForAll: true })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).answeringNetworks).toBe(16)
    expect(query(join(cwd, 'results.db'), 'SELECT count(*) FROM answering_networks')).toBe('16')
  })

  it('finds every host with --rate auto', async () => {
    const cwd = folderFor(folder, 'auto')
    const { code, stdout } = await scanIn(cwd, [PREFIX, '-p', '80', '-r', 'auto', '--json'], { density: 1 })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ targets: TARGETS, success: TARGETS })
    expect(rowsOf(cwd)).toBe(TARGETS)
  })
})
