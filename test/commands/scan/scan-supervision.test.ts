import { describe, expect, it } from 'vitest'
import { supervise } from '../../../src/commands/scan/scan-supervision.ts'
import { LOOK_INTERVAL_US, type ScanPosition } from '../../../src/probe/checkpoint.ts'
import { makeScanControl } from '../../../src/probe/scan-control.ts'
import { cidrSet } from '../../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../../src/targets/target-set.ts'
import { parseTargetArguments } from '../../../src/targets/target-syntax.ts'
import { testPlan } from '../../probe/test-plan.ts'

const targets = makeTargetSet(cidrSet(parseTargetArguments(['10.64.0.0/24']).ranges), Uint16Array.of(0))

describe('checkpoints before a sender has started', () => {
  it.each([
    { positions: undefined, expected: [0, 1] },
    { positions: [40, 31], expected: [40, 31] },
  ])('keep where it will begin: $expected', ({ positions, expected }) => {
    const kept: ScanPosition[] = []
    const { tick } = supervise({
      plan: testPlan(targets, { senders: 2, ...(positions === undefined ? {} : { positions }) }),
      control: makeScanControl(),
      limits: {},
      autoRate: false,
      maxPps: 1,
      canaries: false,
      interfaceDrops: () => 0,
      onCheckpoint: (position) => kept.push(position),
      onNote: () => undefined,
    })
    for (let step = 1; step < 10; step += 1) tick(step * LOOK_INTERVAL_US)
    expect(kept[0]?.positions).toEqual(expected)
  })
})
