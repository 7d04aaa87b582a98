import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Code, comments, strings and templates alike; an address cannot be broken. */
const COLUMNS = ['error', { code: 100, ignoreUrls: true }];
/** What one can read without scrolling: comments and empty lines count. A test may be a list. */
const LINES_A_FUNCTION = ['error', { max: 70, IIFEs: true }];

export default tseslint.config(
  { ignores: ['dist/', 'results/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,js,mjs}'],
    rules: { 'max-len': COLUMNS, 'max-lines-per-function': LINES_A_FUNCTION },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'error', 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['examples/**', 'bench-configs/**'],
    languageOptions: {
      globals: { Buffer: 'readonly', performance: 'readonly', setImmediate: 'readonly' },
    },
  },
  {
    files: ['src/report/page/theme.js'],
    languageOptions: {
      globals: {
        document: 'readonly',
        Element: 'readonly',
        Event: 'readonly',
        localStorage: 'readonly',
        matchMedia: 'readonly',
      },
    },
  },
  { files: ['bench/**', 'scripts/**'], rules: { 'no-console': 'off' } },
);
