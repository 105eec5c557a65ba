import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { applyConfig, parseConfig } from '../../src/commands/config-file.ts'
import { collectList, integerOption } from '../../src/commands/option-parsers.ts'
import { caught } from '../error-code.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const folder = temporaryFolder('config')

describe('lines of a config file', () => {
  it.each<[string, string, string | null]>([
    ['rate 10000', 'rate', '10000'],
    ['rate=10000', 'rate', '10000'],
    ['rate = 10000', 'rate', '10000'],
    ['  rate\t10000  ', 'rate', '10000'],
    ['--rate 10000', 'rate', '10000'],
    ['bandwidth 1M\t# 1mbps', 'bandwidth', '1M'],
    ['blacklist-file "/etc/zmap/blacklist.conf"', 'blacklist-file', '/etc/zmap/blacklist.conf'],
    ["notes 'a # b'", 'notes', 'a # b'],
    ['output-filter "success = 1 && repeat = 0"', 'output-filter', 'success = 1 && repeat = 0'],
    ['output-filter success = 1 && repeat = 0', 'output-filter', 'success = 1 && repeat = 0'],
    ['notes ""', 'notes', ''],
    ['quiet', 'quiet', null],
    ['quiet # yes', 'quiet', null],
  ])('%s', (line, name, value) => {
    expect(parseConfig(`# first\n\n${line}\n`, 'x.conf')).toEqual([{ name, value, line: 3 }])
  })

  it('comments, blank lines, a byte order mark and Windows line ends are nothing', () => {
    expect(parseConfig('\uFEFF# a\r\n\r\n   # b\r\n', 'x.conf')).toEqual([])
  })

  it.each(['= 5', '"quoted"', 'rate "unfinished', '!'])('%s is refused with its line', (line) => {
    const error = caught(() => parseConfig(`quiet\n${line}`, 'x.conf'))
    expect([error.code, error.message]).toEqual(['ERR_INPUT_FILE', expect.stringMatching(/^x\.conf:2: /)])
  })
})

const withConfig = (text: string, argv: readonly string[]): Record<string, unknown> => {
  const path = join(folder, 'test.conf')
  writeFileSync(path, text)
  const command = new Command('scan')
    .exitOverride()
    .option('-P, --probes <n>', 'probes', integerOption('--probes', 1, 255))
    .option('-f, --output-fields <names>', 'fields', collectList)
    .option('-q, --quiet', 'quiet')
    .option('--no-header-row', 'no header')
    .option('-C, --config <file>', 'config')
  command.parse([...argv], { from: 'user' })
  applyConfig(command, path)
  return command.opts()
}

describe('a config file', () => {
  it('says what the command line does not', () => {
    const options = withConfig('probes 3\noutput-fields saddr,ttl\nquiet\nno-header-row\n', [])
    expect(options).toMatchObject({ probes: 3, outputFields: ['saddr', 'ttl'], quiet: true, headerRow: false })
  })
  it('gives way to the command line, in lists, too', () => {
    const options = withConfig('probes 3\noutput-fields saddr\n', ['-P', '2', '-f', 'ttl'])
    expect(options).toMatchObject({ probes: 2, outputFields: ['ttl'] })
  })
  it('may say a list in several lines', () => {
    expect(withConfig('output-fields saddr\noutput-fields ttl', [])).toMatchObject({ outputFields: ['saddr', 'ttl'] })
  })
  it.each<[string, string, RegExp]>([
    ['summary', 'ERR_INPUT_FILE', /test\.conf:1: there is no option "summary" of scan/],
    ['config other.conf', 'ERR_INPUT_FILE', /:1: there is no option "config"/],
    ['probes', 'ERR_INPUT_FILE', /:1: probes needs a value/],
    ['quiet yes', 'ERR_INPUT_FILE', /:1: quiet takes no value/],
    ['\nprobes many', 'ERR_USAGE', /test\.conf:2: --probes wants a whole number/],
  ])('%j is refused', (text, code, says) => {
    const error = caught(() => withConfig(text, []))
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)])
  })
})
