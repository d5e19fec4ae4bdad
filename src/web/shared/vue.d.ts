// For the linter, which reads no .vue files; vue-tsc resolves the real component before this pattern.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}
