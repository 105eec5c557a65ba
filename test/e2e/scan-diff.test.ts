import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { folderFor, temporaryFolder } from '../temporary-folder.ts'
import { interplot } from './interplot.ts'

const folder = temporaryFolder('scan-diff')
const scenario = (state80: string, state443: string): string =>
  JSON.stringify({
    name: 'diff',
    seed: 'diff',
    vantage: { address: '10.99.0.1' },
    networks: [{ prefix: '10.64.0.0/24', tcp: { '80': state80, '443': state443, '*': 'filtered' } }],
  })

let cwd = ''
const scan = (db: string, file: string, targets: string): Promise<unknown> =>
  interplot(
    [
      'scan',
      targets,
      '-p',
      '80,443',
      '-r',
      '1M',
      '-q',
      '--db',
      db,
      '--scenario',
      file,
      '--allow-special',
      '10.0.0.0/8',
    ],
    { cwd },
  )
const diff = (...args: string[]) => interplot(['scan', 'diff', ...args], { cwd })

describe('the difference of two scans', () => {
  beforeAll(async () => {
    cwd = folderFor(folder, 'files')
    writeFileSync(join(cwd, 'monday.json'), scenario('open', 'open'))
    writeFileSync(join(cwd, 'tuesday.json'), scenario('open', 'closed'))
    await scan('monday.db', 'monday.json', '10.64.0.0/25')
    await scan('tuesday.db', 'tuesday.json', '10.64.0.64-10.64.0.191')
  })

  it('tells who appeared and vanished', async () => {
    const { code, stdout, stderr } = await diff('monday.db', 'tuesday.db', '-p', '80')
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toBe('change,saddr,sport,before,after')
    expect(lines.filter((line) => line.startsWith('vanished')).length).toBe(64)
    expect(lines).toContain('appeared,10.64.0.191,80,,syn-ack')
    expect(stderr).toContain('64 appeared, 64 vanished, 0 changed, 0 moved')
    expect(code).toBe(0)
  })

  it('tells whose answer changed, and says by its exit code that there is a difference', async () => {
    const { code, stdout } = await diff(
      'monday.db',
      'tuesday.db',
      '-p',
      '443',
      '--all-replies',
      '--json',
      '--exit-code',
    )
    expect(JSON.parse(stdout)).toEqual({ appeared: 64, vanished: 64, changed: 64, moved: 0 })
    expect(code).toBe(1)
  })

  it('finds none between a scan and itself', async () => {
    const { code, stdout } = await diff('monday.db', 'monday.db', '--json', '--exit-code')
    expect(JSON.parse(stdout)).toEqual({ appeared: 0, vanished: 0, changed: 0, moved: 0 })
    expect(code).toBe(0)
  })

  it.each<[string, string[], number, RegExp]>([
    ['a file that is missing', ['monday.db', 'none.db'], 1, /ERR_INPUT_FILE: there is no results file none.db/],
    ['one file only', ['monday.db'], 2, /missing required argument 'after'.*interplot scan diff --help/],
    ['an output over an input', ['monday.db', 'tuesday.db', '-o', 'monday.db'], 2, /monday.db cannot be the output/],
    ['no results file', ['monday.db', 'monday.json'], 1, /ERR_STORE_CORRUPT/],
  ])('%s: one line, and nothing is touched', async (_name, args, code, says) => {
    const before = readFileSync(join(cwd, 'monday.db'))
    const finished = await diff(...args)
    expect(finished.code).toBe(code)
    expect(finished.stderr).toMatch(says)
    expect(finished.stderr.trim().split('\n').length).toBe(1)
    expect(readFileSync(join(cwd, 'monday.db')).equals(before)).toBe(true)
  })
})
