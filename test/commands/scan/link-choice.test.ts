/** Which link a command probes through: a named scenario never sends real packets. */

import { expect, test } from 'vitest'
import { chooseLink } from '../../../src/commands/scan/link-choice.ts'
import { ipv4 } from '../../../src/core/ip.ts'

const SCENARIO = 'lab/scenarios/long-path.json'
const TARGET = ipv4(0xf0_01_00_09)

test.each(['raw', 'packet', 'af-xdp', 'no such link'])('--scenario beside --link %s is refused', async (link) => {
  await expect(chooseLink({ link, scenario: SCENARIO }, TARGET)).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining('--scenario') as string,
  })
})

test.each([undefined, 'sim'])('--scenario beside --link %s is the simulation', async (link) => {
  const { kind } = await chooseLink({ scenario: SCENARIO, ...(link === undefined ? {} : { link }) }, TARGET)
  expect(kind.name).toBe('sim')
})
