import { describe, expect, it } from 'vitest'
import { checkWatchOptions, type WatchOptions } from '../../../src/commands/watch/watch-options.ts'
import { errorCode } from '../../error-code.ts'

describe('options that would do nothing', () => {
  it.each<[string, WatchOptions]>([
    ['all interfaces, promiscuous', { promiscuous: true }],
    ['any, promiscuous', { interface: ['any'], promiscuous: true }],
    ['no filter for what has no packets', { source: 'sockets', defaultFilter: false }],
    ['this machine, of a file', { source: 'capture.pcap', includeSelf: false }],
    ['this machine, of its sockets', { source: 'sockets', includeSelf: false }],
    ['this machine, of a pipe', { source: '-', includeSelf: true }],
  ])('are refused: %s', (_, options) => {
    expect(errorCode(() => checkWatchOptions(options))).toBe('ERR_USAGE')
  })

  it.each<[string, WatchOptions]>([
    ['one interface, promiscuous', { interface: ['eth0'], promiscuous: true }],
    ['a gateway’s own connections', { source: 'conntrack', includeSelf: true }],
    ['what passes only', { includeSelf: false }],
    ['everything of a pipe', { source: '-', defaultFilter: false }],
  ])('are others: %s', (_, options) => {
    expect(() => checkWatchOptions(options)).not.toThrow()
  })
})
