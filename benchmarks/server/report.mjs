/** The lines of the table: figures with what was wanted of them. */
export class Report {
  rows = []

  /** A headline. */
  part(title) {
    this.rows.push({ title })
  }

  /** A figure that nothing is wanted of. */
  figure(what, value, unit, note = '') {
    this.rows.push({ what, value, unit, goal: null, met: null, note })
  }

  atLeast(what, value, unit, goal, note = '') {
    this.rows.push({ what, value, unit, goal, met: value >= goal, note })
  }

  atMost(what, value, unit, goal, note = '') {
    this.rows.push({ what, value, unit, goal, met: value <= goal, note })
  }

  print() {
    const wide = Math.max(...this.rows.map(({ what = '' }) => what.length)) + 2
    for (const { title, what, value, unit, goal, met, note } of this.rows) {
      if (title !== undefined) {
        console.log(`\n${title}`)
        continue
      }
      const verdict = met === null ? '' : `goal ${goal} ${unit}, ${met ? 'met' : 'MISSED'}`
      console.log(`  ${what.padEnd(wide)}${shown(value, unit).padStart(12)}  ${verdict.padEnd(20)}  ${note}`.trimEnd())
    }
  }
}

function shown(value, unit) {
  if (unit === '/s') return `${Math.round(value).toLocaleString('en')} /s`
  return `${value.toFixed(unit === 'x' ? 2 : 1)} ${unit}`
}
