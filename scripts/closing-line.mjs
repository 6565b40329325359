import { appendFileSync } from 'node:fs'

/**
 * Counts tests for the one closing line `N passed, N failed`. Files that can't be loaded and errors outside of tests
 * count as failures. With COUNTS_FILE set, the counts go there and the caller writes the line.
 */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        // A test that did not run has proved nothing.
        else failed += 1
      }
    }
    if (process.env.COUNTS_FILE) appendFileSync(process.env.COUNTS_FILE, `${passed} ${failed}\n`)
    else console.log(`\n${passed} passed, ${failed} failed`)
  }
}
