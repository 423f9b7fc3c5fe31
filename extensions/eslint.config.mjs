import plugin from '@typescript-eslint/eslint-plugin';
import parser from '@typescript-eslint/parser';

export default [
  {
    files: ['*/src/**/*.{ts,tsx}'],
    ignores: ['**/*.generated.ts'],
    languageOptions: { parser },
    plugins: { '@typescript-eslint': plugin },
    rules: {
      ...plugin.configs.recommended.rules,
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      // A token and its interface share one name, as JupyterLab does it.
      '@typescript-eslint/no-redeclare': 'off',
      '@typescript-eslint/no-namespace': 'off',
      eqeqeq: 'error',
      curly: 'error'
    }
  },
  {
    files: ['*/src/**/*.test.tsx'],
    rules: {
      // A control that is disabled swallows them.
      'no-restricted-properties': [
        'error',
        ...[
          ['click', 'press'],
          ['change', 'fill'],
          ['submit', 'press']
        ].map(([property, instead]) => ({
          object: 'fireEvent',
          property,
          message: `Use ${instead} of shared/testing/controls, which waits.`
        }))
      ]
    }
  }
];
