import { expect, test } from 'vitest'
import { FrameGuard } from './frame-guard.ts'

function check(chunks: readonly (readonly number[])[], maxBytes: number, expected: boolean): void {
  const guard = new FrameGuard(maxBytes)
  expect(chunks.every((chunk) => guard.accept(Uint8Array.from(chunk)))).toBe(expected)
}

test('a packet within the limit passes', () => check([[0x30, 3, 1, 2, 3]], 3, true))
test('a packet beyond the limit does not', () => check([[0x30, 4, 1, 2, 3, 4]], 3, false))
test('a packet is refused by its length before its body comes', () => check([[0x30, 0x80, 0x01]], 127, false))
test('packets behind each other are counted one by one', () => check([[0x30, 2, 1, 2, 0x30, 3, 1, 2, 3]], 3, true))
test('a packet without a body is followed by the next', () => check([[0xc0, 0, 0x30, 4, 0, 0, 0, 0]], 3, false))
test('a packet may be cut anywhere', () => check([[0x30], [0x83], [0x00], [1], [2, 3], [0x30, 4]], 3, false))
test('the length may come in several bytes', () =>
  check(
    [
      [0x30, 0x80],
      [0x01, ...Array.from({ length: 128 }, () => 0)],
      [0x30, 1, 0],
    ],
    128,
    true,
  ))
test('a length of more than four bytes is none', () => check([[0x30, 0x80, 0x80, 0x80, 0x80]], 1_000_000_000, false))
