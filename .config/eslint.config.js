import tseslint from 'typescript-eslint'

const clockOnly =
  'Read the time through base/clock.ts (or the simulator’s own clock), so that tests can move it.'
const noWallClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: clockOnly },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clockOnly },
]
const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Read the environment through base/env.ts, which reports every mistake at once.',
}
const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'A thing keeps its name everywhere: use a named export.',
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'data/**', '**/*.vue', 'src/web/**/*.d.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts', 'test/**/*.ts'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: new URL('..', import.meta.url).pathname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-console': 'error',
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...noWallClock, noEnvironment, noDefaultExport],
    },
  },
  {
    files: ['src/base/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnvironment, noDefaultExport] },
  },
  {
    files: ['src/base/env.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noWallClock, noDefaultExport] },
  },
  {
    files: ['test/**/*.ts', 'src/**/*.test.ts', 'src/simulator/**/*.ts', 'src/web/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noDefaultExport] },
  },
)
