import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: '#0b5d5e' },
  { tag: tags.comment, color: '#5f6b68' },
  { tag: [tags.string, tags.special(tags.string)], color: '#7a4a0c' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.keyword], color: '#4b3f99' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: '#5d6865' },
])

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: '#fff', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.65' },
  '.cm-gutters': {
    backgroundColor: '#fafbfa',
    color: '#5f6b68',
    border: 'none',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine': { backgroundColor: '#f1f7f680' },
  '.cm-activeLineGutter': { backgroundColor: '#e4f0ef', color: 'var(--accent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: '#cfe5e3 !important' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    backgroundColor: '#fbe3e6',
    boxShadow: 'inset 0 -2px 0 #c2394d',
  },
  '.cm-lint-marker-error': { content: 'none' },
  '.cm-lint-marker': {
    width: '9px',
    height: '9px',
    margin: '0 auto',
    borderRadius: '50%',
    backgroundColor: '#c2394d',
  },
  '.cm-gutter-lint .cm-gutterElement': { display: 'flex', alignItems: 'center' },
  '.cm-tooltip': { border: '1px solid var(--line-strong)', borderRadius: '6px', backgroundColor: '#fff' },
  '.cm-diagnostic': {
    padding: '6px 10px',
    fontFamily: 'var(--sans)',
    borderLeft: '3px solid #c2394d',
    whiteSpace: 'pre-wrap',
  },
  '.cm-schema': { maxWidth: '420px', padding: '6px 10px', fontFamily: 'var(--sans)', whiteSpace: 'pre-wrap' },
  '.cm-completionDetail': { fontStyle: 'normal !important', color: 'var(--ink-3)' },
  '.cm-tooltip.cm-completionInfo': { fontFamily: 'var(--sans)', whiteSpace: 'pre-wrap' },
  '.cm-line.bad': { backgroundColor: '#fdf1f2' },
  '.cm-changedText': { background: 'none', backgroundColor: '#b9dcd6' },
  '.cm-deletedChunk, &.cm-merge-a .cm-changedLine': { backgroundColor: '#fcf0f1' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': {
    background: 'none',
    backgroundColor: '#f3c7cc',
  },
  '&.cm-merge-b .cm-changedLine, .cm-changedLine': { backgroundColor: '#eef7f5' },
  // Its arrows are glyphs that no Chinese font has.
  '.cm-collapsedLines::before, .cm-collapsedLines::after': { content: 'none !important' },
  '.cm-collapsedLines': {
    color: 'var(--ink-3)',
    background: 'var(--paper)',
    padding: '3px 12px',
    fontFamily: 'var(--sans)',
    fontSize: '12px',
  },
})

/** How YAML looks everywhere: in the editor and in both halves of the comparison. */
export const yamlLook = (): Extension => [yaml(), indentUnit.of('  '), syntaxHighlighting(colours), look]

/** CodeMirror's own few words. */
export const phrases = (chinese: boolean): Extension =>
  chinese
    ? EditorState.phrases.of({
        Diagnostics: '问题',
        'No diagnostics': '没有问题',
        close: '关闭',
        '$ unchanged lines': '$ 行未改',
        'Folded lines': '折叠的行',
        'Unfolded lines': '展开的行',
        unfold: '展开',
        'Fold line': '折叠',
        'Unfold line': '展开',
      })
    : []
