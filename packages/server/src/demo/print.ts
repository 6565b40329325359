import { styleText } from 'node:util'

/** What people read on their terminal, in colours where it has some. */

const paint =
  (style: 'bold' | 'dim' | 'cyan' | 'green') =>
  (text: string): string =>
    process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text

export const bold: (text: string) => string = paint('bold')
export const dim: (text: string) => string = paint('dim')
export const cyan: (text: string) => string = paint('cyan')
export const green: (text: string) => string = paint('green')

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
