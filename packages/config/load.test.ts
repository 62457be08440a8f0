import { ConfigError } from '@orewatch/core'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { parseYaml } from './load.ts'

const Schema = Type.Object(
  {
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 502, description: 'TCP port.' }),
    wordOrder: Type.Union([Type.Literal('ABCD'), Type.Literal('CDAB')], { default: 'ABCD' }),
    lines: Type.Array(Type.Object({ host: Type.String({ description: 'Name or address of the device.' }) }, { additionalProperties: false }), { default: [] }),
  },
  { additionalProperties: false },
)

function problems(text: string): readonly string[] {
  try {
    parseYaml(text, Schema, 'gateway.yaml')
  } catch (err) {
    return (err as ConfigError).problems
  }
  return []
}

test('defaults are filled in and values keep their place in the file', () => {
  const { value, lineOf } = parseYaml('# a comment\nport: 1502\nlines:\n  - host: a\n  - host: b\n', Schema, 'gateway.yaml')
  expect(value).toEqual({ port: 1502, wordOrder: 'ABCD', lines: [{ host: 'a' }, { host: 'b' }] })
  expect(lineOf(['lines', 1, 'host'])).toBe('gateway.yaml:5')
  expect(lineOf(['wordOrder'])).toBe('gateway.yaml:2')
})

test('a mistyped key is named with its line and the nearest known one', () => {
  expect(problems('prot: 5\n')).toEqual(['gateway.yaml:1: prot is not a known key; did you mean port?'])
})

test('a value out of range says what it is and what it must be', () => {
  expect(problems('port: 70000\n')).toEqual(['gateway.yaml:1: port is 70000; it must be <= 65535: TCP port.'])
})

test('a word that is none of the allowed ones gets the list of them', () => {
  expect(problems('\nwordOrder: ABDC\n')).toEqual(['gateway.yaml:2: wordOrder is "ABDC"; it must be one of "ABCD", "CDAB"'])
})

test('a missing key says what it is for', () => {
  expect(problems('lines:\n  - {}\n')).toEqual(['gateway.yaml:2: host is missing: Name or address of the device.'])
})

test('several mistakes are all reported at once', () => {
  expect(problems('port: x\nlines:\n  - hots: a\n').length).toBeGreaterThanOrEqual(2)
})

test('text that is not YAML, a key given twice and a file that is a list are refused with their line', () => {
  expect(problems('port: [1\n')[0]).toMatch(/^gateway\.yaml:\d+: not valid YAML/)
  expect(problems('port: 1\nport: 2\n')[0]).toMatch(/^gateway\.yaml:2: not valid YAML/)
  expect(problems('- 1\n')[0]).toMatch(/^gateway\.yaml:1: the document is \[1\]; it must be of type object/)
})

// Found by tests/fuzz: valid YAML that is no plain data.
test('an alias without its anchor, or inside it, is refused with its line', () => {
  expect(problems('port: 1\nwordOrder: *order\n')).toEqual(['gateway.yaml:2: *order has no anchor &order before it'])
  expect(problems('lines: &all\n  - *all\n')).toEqual(['gateway.yaml:2: *all stands inside its own anchor'])
})

test('anchors that unfold into a flood are refused', () => {
  const levels = ['a: &a [x, x]', ...['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, i) => `${name}: &${name} [${`*${'abcdefg'[i]}, `.repeat(9)}x]`)]
  expect(problems(levels.join('\n'))).toEqual([expect.stringMatching(/^gateway\.yaml:1: aliases unfold/)])
})

test('an anchor used again is data like any other', () => {
  expect(parseYaml('lines:\n  - &a { host: x }\n  - *a\n', Schema, 'gateway.yaml').value.lines).toEqual([{ host: 'x' }, { host: 'x' }])
})

test('keys that are no words, and those that the validator would drop in silence, are refused', () => {
  expect(problems('port: 1\n[a, b]: 2\n')).toEqual(['gateway.yaml:2: a key must be a plain word'])
  expect(problems('lines:\n  - { host: a, constructor: 0 }\n')).toEqual(['gateway.yaml:2: constructor is not a known key'])
})

test('a whole number that would be rounded is refused', () => {
  expect(problems('port: 9007199254740993\n')).toEqual([expect.stringMatching(/^gateway\.yaml:1: 9007199254740993 is a whole number that would be rounded/)])
})

test('a tag that nobody knows is refused, not warned of', () => {
  expect(problems('port: !!port 1\n')).toEqual([expect.stringMatching(/^gateway\.yaml:1: not valid YAML: Unresolved tag/)])
})

test('a key with a line end in it stays one problem on one line', () => {
  expect(problems('"a\\nb": 1\n')).toEqual([expect.stringMatching(/^gateway\.yaml:1: "a\\nb" is not a known key/)])
})
