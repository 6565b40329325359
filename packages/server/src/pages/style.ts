/** One sheet for all pages: dark and light as the reader has it, wide and narrow, nothing from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ground: #f3f5f8; --ink: #17202b; --soft: #505c6b; --line: #8792a1;
  --deed: #0b57a4; --deed-ink: #ffffff; --bad: #a3161d; --good: #14612f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #1b222b; --ground: #11161c; --ink: #edf1f6; --soft: #b3becb; --line: #7d8998;
    --deed: #8cc1ff; --deed-ink: #0a1a2b; --bad: #ffb0b0; --good: #9fe0b3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
header, main, footer { max-width: 42rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: baseline; justify-content: space-between; }
header strong { font-size: 1.15rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; }
main { background: var(--paper); border-radius: 0.75rem; padding: 1.5rem; }
header, footer { padding-inline: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 0.5rem; }
a { color: var(--deed); text-underline-offset: 0.15em; }
label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }
input:not([type="checkbox"]) {
  width: 100%; padding: 0.6rem 0.75rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: 0.4rem;
}
input[type="checkbox"] { width: 1.1rem; height: 1.1rem; margin-right: 0.5rem; vertical-align: middle; }
.check { font-weight: 400; }
button {
  margin-top: 1.25rem; padding: 0.65rem 1.25rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--deed-ink); background: var(--deed); border: 2px solid var(--deed); border-radius: 0.4rem;
}
button.quiet { color: var(--deed); background: transparent; }
:focus-visible { outline: 3px solid var(--deed); outline-offset: 2px; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 0.25rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
code { font: 0.95em/1.5 ui-monospace, monospace; }
.hint { color: var(--soft); font-size: 0.95rem; margin: 0.25rem 0 0; }
:is(form, dl) + .hint { margin-top: 1rem; }
.error, .note { border-left: 4px solid var(--bad); padding: 0.5rem 0.75rem; margin: 0 0 1rem; color: var(--bad); }
.note { border-color: var(--good); color: var(--good); }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.5rem; }
@media (max-width: 30rem) { main { border-radius: 0; } dl { grid-template-columns: 1fr; } dt { margin-top: 0.5rem; } }
`
