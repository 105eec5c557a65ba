/**
 * How many flows have to be tried at a router before it is believed that no further branch is there: the smallest n for which the
 * chance of having missed one of k + 1 equally likely branches in n tries is at most `risk` (Augustin, Friedman, Teixeira,
 * "Multipath tracing with Paris traceroute", E2EMON 2007; Veitch et al., "Failure control in multipath route tracing",
 * INFOCOM 2009). With a risk of 5 %: 6, 11, 16, 21, 27, 33 …
 */

/** The chance that n draws leave out at least one of `branches` (inclusion and exclusion). */
const missed = (branches: number, draws: number): number => {
  let sum = 0
  let choose = 1
  for (let left = 1; left < branches; left += 1) {
    choose = (choose * (branches - left + 1)) / left
    sum += (left % 2 === 1 ? 1 : -1) * choose * ((branches - left) / branches) ** draws
  }
  return sum
}

/** @param found branches known, from 1. @param risk 0 … 1, both excluded. */
export const stoppingPoint = (found: number, risk: number): number => {
  const branches = found + 1
  // Below about branches × ln(branches) the sum cancels out badly, and the answer is never there.
  let draws = Math.ceil(branches * Math.log(branches))
  while (missed(branches, draws) > risk) draws += 1
  return draws
}
