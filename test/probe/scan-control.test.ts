import { describe, expect, it } from 'vitest'
import { makeScanControl } from '../../src/probe/scan-control.ts'

describe('scan control', () => {
  it.each(['setReceiverReady', 'stopReceiving'] as const)('ends the wait for the receiver with %s', async (order) => {
    const control = makeScanControl()
    makeScanControl(control.buffer)[order]()
    await expect(control.receiverReady()).resolves.toBeUndefined()
  })

  it('adds up senders and spans their times, whichever began first', () => {
    const control = makeScanControl()
    expect(control.sendingUs()).toBe(0)
    control.setSender(0, 'sent', 3)
    control.setSender(63, 'sent', 4)
    control.setSendingTime(63, 1000, 5000)
    control.setSendingTime(0, 2000, 9000)
    expect(control.totals().sent).toBe(7)
    expect(control.sendingUs()).toBe(8000)
  })
})
