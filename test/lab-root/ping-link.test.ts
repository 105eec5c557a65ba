/**
 * The link contract kept by the kernel's echo sockets. Which groups may open them is a setting of the network namespace, so
 * this file runs itself once more in a namespace of its own, where nothing but loopback is.
 */

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseIpv4 } from '../../src/core/ip.ts'
import { pingLink } from '../../src/link/ping-link.ts'
import { describeLink } from '../link/contract.ts'
import { isRoot } from './kernel-lab.ts'
import { startWirePair, type WirePair } from './wire-pair.ts'

const INSIDE = 'INTERPLOT_TEST_PING_LINK'
const FILE = fileURLToPath(import.meta.url)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const RULES = 12

if (process.env[INSIDE] === '1') {
  const sourceAddress = parseIpv4('127.0.0.1')!
  const hosts = Array.from({ length: 8 }, (_, i) => parseIpv4(`127.0.1.${i + 1}`)!)
  describeLink(
    'ping-link',
    async () => ({ link: pingLink.open(await pingLink.resolve({ sourceAddress }), { mayBlock: false }), hosts }),
    'echo',
  )
} else {
  describe.skipIf(!isRoot)('ping-link in a namespace', () => {
    let pair: WirePair
    beforeAll(async () => {
      pair = await startWirePair({ receiveOffload: false })
      await pair.script('near', 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range')
    })
    afterAll(() => pair?.stop())

    it('keeps every rule of the contract that is about echo, and refuses the rest', () => {
      const words = [process.execPath, VITEST, 'run', '--root', ROOT, '--project', 'system', '--reporter', 'json', FILE]
      const { code, output, errors } = pair.command('near', ['env', `${INSIDE}=1`, ...words])
      const report = JSON.parse(output.slice(output.indexOf('{'))) as Record<string, unknown>
      const { numTotalTests: total, numPassedTests: passed, numPendingTests: skipped } = report
      expect([code, total, passed, skipped], errors).toEqual([0, RULES, RULES, 0])
    })
  })
}
