import type { Page } from 'playwright-core'
import type { PageName } from './pages.ts'
import type { Stage } from './stage.ts'

/** What somebody does with a browser, from the first page to the last. */
export interface Flow {
  readonly name: string
  play(scene: Scene): Promise<void>
}

export interface VisitOptions {
  readonly javaScript?: boolean
}

/** What a flow plays in: the world is as at first. */
export interface Scene extends Stage {
  /** What the placeholders of the world stand for, `token:alice` for one. */
  readonly names: Readonly<Record<string, string>>
  /** A browser of its own, that keeps nothing from before. */
  visit(options?: VisitOptions): Promise<Page>
  check(what: string, isSo: boolean): void
  equal(what: string, got: unknown, expected: unknown): void
  /** Looks at the page as it is now. */
  inspect(page: Page, name: PageName): Promise<void>
}
