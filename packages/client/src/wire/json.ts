// TEMPORARY stand-in until the real codec is written over it.
export function parseExact(text: string): unknown {
  JSON.parse(text)
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (m) => m[0] === '"' ? (m.length > 0 && m.startsWith('"§') ? m : m) : (/^-?\d+$/.test(m) && !Number.isSafeInteger(Number(m)) ? `"§${m}"` : m))
  return JSON.parse(marked, (_, v) => (typeof v === 'string' && /^§-?\d+$/.test(v) ? BigInt(v.slice(1)) : v) as unknown)
}
export function parseQuantities(text: string): unknown {
  const walk = (v: unknown): unknown => {
    if (typeof v !== 'object' || v === null) return v
    for (const [k, x] of Object.entries(v)) {
      if (typeof x === 'number' && Number.isInteger(x) && /^(limit|usage|pending|quantity|max_members|project_.*|.*_capacity)$/.test(k)) (v as Record<string, unknown>)[k] = BigInt(x)
      else walk(x)
    }
    return v
  }
  return walk(parseExact(text))
}
export function stringifyExact(value: unknown, space?: number | string): string {
  return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `§§${v}` : v) as unknown, space).replace(/"§§(-?\d+)"/g, '$1')
}
