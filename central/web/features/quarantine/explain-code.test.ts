import { expect, test } from 'vitest'
import { explainPointCode, unitOfCode } from './explain-code.ts'

function check(code: string, wrong: string | undefined) {
  const { parts, fault } = explainPointCode(code)
  expect(parts.find((part) => part.isWrong)?.id).toBe(wrong)
  return fault
}

test('a right code has no fault', () => expect(check('9901211000010101010001', undefined)).toBeUndefined())
test('a leading zero is a wrong division', () => check('0901211000010101010001', 'division'))
test('a letter is found in its part', () => check('99012110000x0101010001', 'subject'))
test('there is no kind 8', () => check('9901218000010101010001', 'kind'))
test('there is no system 16', () => check('9901211000011601010001', 'system'))
test('there is no class 0199', () => check('9901211000010101990001', 'sensorType'))
test('a letter in the serial number is found', () => check('990121100001010101000a', 'serial'))
test('a part that is not complete yet is not wrong', () => expect(check('99012110000101', undefined)?.en).toContain('this has 14'))
test('a digit too many is said', () => expect(check('99012110000101010100011', undefined)?.en).toContain('this has 23'))
test('names of objects are no codes', () => check('990121100001to01010001', 'system'))
test('the class of a complete code gives the unit', () => {
  expect(unitOfCode('9901211000010101010001')).toBe('ppm')
  expect(unitOfCode('99012110000101010100')).toBeUndefined()
})
