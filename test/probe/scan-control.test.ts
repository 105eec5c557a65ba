import { describe, expect, it } from 'vitest'
import { makeScanControl } from '../../src/probe/scan-control.ts'

describe('scan control', () => {
  it.each(['setReceiverReady', 'stopReceiving'] as const)('ends the wait for the receiver with %s', async (order) => {
    const control = makeScanControl()
    makeScanControl(control.buffer)[order]()
    await expect(control.receiversReady(1)).resolves.toBeUndefined()
  })

  it('waits for each of several receivers, and for the last one whose ring is full', async () => {
    const control = makeScanControl()
    const [one, other] = [makeScanControl(control.buffer, 0), makeScanControl(control.buffer, 1)]
    let ready = false
    const waiting = control.receiversReady(2).then(() => {
      ready = true
    })
    one.setReceiverReady()
    await new Promise((resolve) => setImmediate(resolve))
    expect(ready).toBe(false)
    other.setReceiverReady()
    await waiting
    one.setPressure(true)
    other.setPressure(true)
    one.setPressure(false)
    expect(control.underPressure()).toBe(true)
    other.setPressure(false)
    expect(control.underPressure()).toBe(false)
    one.setReceiver('received', 5)
    other.setReceiver('received', 6)
    expect(control.totals().received).toBe(11)
  })

  it('lets receivers read while the batches that wait are few, or when nobody will take them any more', () => {
    const control = makeScanControl()
    const [one, other] = [makeScanControl(control.buffer, 0), makeScanControl(control.buffer, 1)]
    for (let batches = 0; batches < 32; batches += 1) {
      one.batchPosted()
      other.batchPosted()
      expect(one.mayPost(0)).toBe(batches < 31)
    }
    expect(other.mayPost(1)).toBe(false)
    control.batchTaken()
    expect([one.mayPost(0), other.mayPost(0)]).toEqual([true, true])
    other.batchPosted()
    expect(one.mayPost(0)).toBe(false)
    control.abandonBatches()
    expect(one.mayPost(0)).toBe(true)
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
