/** HTML in which every text is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | bigint | Html | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(pieces.reduce((text, piece, index) => text + shown(parts[index - 1] ?? '') + piece))
}

function shown(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part !== 'object') return String(part).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
  return part.map(({ text }) => text).join('')
}

export function page(title: string, body: readonly Html[] = []): Html {
  return html`<!doctype html><meta charset="utf-8" /><title>${title}</title>
    <h1>${title}</h1>
    ${body}<a href="/">Projects</a>`
}
