import { stdin, stderr } from 'node:process'
import { readSecret } from '@orewatch/config'
import { serverErrors } from '../errors.ts'

/** Reads a password from a file, or at the prompt without showing it, or from piped standard input. */
export async function askPassword(file: string | undefined, prompt: string): Promise<string> {
  const password = file !== undefined ? readSecret(file) : await readLine(prompt)
  if (password === '') throw serverErrors.NO_PASSWORD()
  return password
}

const ENTER = new Set(['\r', '\n'])
const CANCEL = '\u0003'
const ERASE = new Set(['\u007f', '\b'])
const MAX_LENGTH = 256

async function readLine(prompt: string): Promise<string> {
  if (stdin.isTTY) stderr.write(prompt)
  // Raw, so that the terminal does not echo what is typed.
  if (stdin.isTTY) stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let typed = ''
  try {
    for await (const chunk of stdin) {
      for (const character of chunk as string) {
        if (ENTER.has(character)) return typed
        if (character === CANCEL) throw serverErrors.NO_PASSWORD()
        if (ERASE.has(character)) typed = typed.slice(0, -1)
        else if (typed.length < MAX_LENGTH) typed += character
      }
    }
    return typed
  } finally {
    if (stdin.isTTY) {
      stdin.setRawMode(false)
      stderr.write('\n')
    }
  }
}
