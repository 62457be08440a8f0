/*
 * The commands of a guide as one shell script. Fences marked `sh run` are run in order in one shell; a fence `text seen`
 * after one says which lines its output must have, where `…` stands for anything.
 */

/** A block of commands and the lines that it must print. */
export interface GuideStep {
  readonly commands: string
  readonly seen: readonly string[]
  /** Line of the guide at which the block begins, from 1. */
  readonly line: number
}

/** The steps of a guide's text. */
export function stepsOf(markdown: string): GuideStep[] {
  const steps: { commands: string; seen: string[]; line: number }[] = []
  for (const match of markdown.matchAll(/^```(?<kind>sh run|text seen)\n(?<body>[\s\S]*?)^```$/gm)) {
    const { kind, body = '' } = match.groups ?? {}
    if (kind === 'sh run') steps.push({ commands: body, seen: [], line: markdown.slice(0, match.index).split('\n').length })
    else steps.at(-1)?.seen.push(...body.split('\n').filter((line) => line !== ''))
  }
  return steps
}

/** A script that runs the steps with jobs as at a terminal, stops at the first failure, says before each which it is, and leaves no job behind. */
export function scriptOf(steps: readonly GuideStep[]): string {
  return ['set -meuo pipefail', "trap 'for job in $(jobs -p); do kill -KILL -- -$job; done 2>/dev/null' EXIT", ...steps.flatMap(({ commands }, i) => [`echo "${markOf(i)}"`, commands])].join('\n')
}

/** Lines that a step should have printed and did not; all of its lines when the script never came to it. */
export function unseen(steps: readonly GuideStep[], output: string): string[] {
  return steps.flatMap(({ seen, line }, i) => {
    const printed =
      output
        .split(`${markOf(i)}\n`)[1]
        ?.split(MARK)[0]
        ?.split('\n') ?? []
    const missing = seen.filter((wanted) => !printed.some((text) => patternOf(wanted).test(text)))
    return missing.map((wanted) => `block at line ${line} did not print: ${wanted}`)
  })
}

const MARK = '=== step '

function markOf(i: number): string {
  return `${MARK}${i}`
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s*'))
  return new RegExp(`^\\s*${parts.join('.*')}\\s*$`, 'u')
}
