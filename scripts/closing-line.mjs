import { appendFileSync } from 'node:fs'
import process from 'node:process'

/**
 * Counts tests for the one closing line `N passed, N failed`. Files that can't be loaded and errors outside of tests
 * count as failures. With COUNTS_FILE set, the counts go there and the caller writes the line.
 */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    const { COUNTS_FILE: file } = process.env
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        // A test that did not run has proved nothing, unless somebody had asked for some of the tests only.
        else if (state === 'failed' || file) failed += 1
      }
    }
    if (file) appendFileSync(file, `${passed} ${failed}\n`)
    else console.log(`\n${passed} passed, ${failed} failed`)
  }
}
