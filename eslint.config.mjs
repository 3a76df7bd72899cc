import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const packages = ['libs/**/*.ts', 'services/**/*.ts'];
/** Specs, and what the specs of one package share. */
const specs = ['**/*.spec.ts', '**/*.spec-support.ts', '**/spec-support/**'];
/** Code that decides or defines: free of clocks, randomness and floats. Edges of a service (controllers, modules, main) are not. */
const domain = {
  files: [
    'libs/{kernel,contracts,ports,engine}/src/**/*.ts',
    'services/{purchase,profile,loyalty-tier,engagement,notification}/src/*/**/*.ts',
    'libs/hosting/src/*/**/{events,decider}.ts',
  ],
  ignores: [...specs, '**/*.controller.ts', '**/*.module.ts'],
};

/** Code that draws figures already decided: coordinates and percentages may be fractions there. */
const renderers = ['services/*/src/*/**/render-*.ts'];

/** External packages that only adapters, the runtime and the edges of services may know. */
const infrastructure = [
  '@nestjs/*',
  'nestjs-*',
  'fastify',
  '@fastify/*',
  'kafkajs',
  'mongodb',
  '@eventstore/*',
  '@kurrent/*',
  'prom-client',
  'libsql',
  'pino',
];

/** Who may depend on whom, by the tags in each package.json. Specs may use the testing packages and real adapters besides. */
function layers(besides = []) {
  const layer = (sourceTag, allowed, bannedExternalImports = []) => ({
    sourceTag,
    onlyDependOnLibsWithTags: [...allowed, ...besides],
    ...(bannedExternalImports.length ? { bannedExternalImports } : {}),
  });
  return [
    layer('type:kernel', [], infrastructure),
    layer('type:contracts', ['type:kernel'], infrastructure),
    layer('type:ports', ['type:kernel'], infrastructure),
    layer('type:engine', ['type:ports', 'type:kernel'], infrastructure),
    layer('type:adapter', ['type:ports', 'type:kernel']),
    layer('type:runtime', ['type:engine', 'type:ports', 'type:kernel', 'type:contracts']),
    layer('type:testing', ['type:testing', 'type:engine', 'type:ports', 'type:kernel', 'type:contracts']),
    layer('type:hosting', ['type:engine', 'type:ports', 'type:kernel', 'type:contracts', 'type:runtime']),
    layer('type:service', ['type:engine', 'type:ports', 'type:kernel', 'type:contracts', 'type:runtime']),
    layer(
      'type:composition',
      ['composition', 'service', 'adapter', 'hosting', 'runtime', 'engine', 'ports', 'contracts', 'kernel'].map((type) => `type:${type}`),
    ),
  ];
}

const boundaries = (besides) => ['error', { allow: [], depConstraints: layers(besides), banTransitiveDependencies: false }];

const wallClock = 'is the wall clock: take the time as an argument, or a Clock.';
const randomness = 'is random: derive ids from natural keys (uuidV5), take anything else as an argument.';
/** Names of amounts, alone or as the last word of a name: net, totalNet, priceMinor; not percent or planet. */
const AMOUNT_WORDS = ['amount', 'price', 'net', 'gross', 'cost', 'margin', 'total', 'contribution', 'spend', 'discount', 'cents', 'minor'];
const lastWord = (words) =>
  `/(^|_)(${words.join('|')})(Minor)?$|(${words.map((word) => word[0].toUpperCase() + word.slice(1)).join('|')})(Minor)?$/`;
const AMOUNT = lastWord(AMOUNT_WORDS);
const RATE = lastWord(['rate', 'ratio', 'percent', 'percentage', 'share', 'factor', 'fraction']);
const either = (name) => `:matches([left.name=${name}], [left.property.name=${name}], [right.name=${name}], [right.property.name=${name}])`;

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: one name everywhere, and explicit doors.',
};
const deterministic = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: `Date.now ${wallClock}` },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: `new Date() ${wallClock}` },
  { selector: "CallExpression[callee.name='Date']", message: `Date() ${wallClock}` },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: `Math.random ${randomness}` },
  { selector: 'MemberExpression[property.name=/^(randomUUID|randomBytes|randomInt|getRandomValues)$/]', message: `This ${randomness}` },
  { selector: 'ImportSpecifier[imported.name=/^random(UUID|Bytes|Int|Fill)/]', message: `This ${randomness}` },
];
const exact = [
  { selector: 'CallExpression[callee.name="parseFloat"]', message: 'parseFloat makes a float: read decimals with parseDecimal.' },
  { selector: 'MemberExpression[property.name="parseFloat"]', message: 'parseFloat makes a float: read decimals with parseDecimal.' },
  { selector: 'MemberExpression[property.name="toFixed"]', message: 'toFixed rounds a float: write amounts with formatMinor.' },
  {
    selector: String.raw`Literal[raw=/^[\d_]*\.\d|^[\d_.]+e-/i]`,
    message: 'A fraction is a float: state it as integers (minor units, thousandths, basis points).',
  },
  {
    selector: `BinaryExpression[operator='/']${either(AMOUNT)}:not(CallExpression[callee.object.name='Math'][callee.property.name=/^(trunc|floor)$/] > BinaryExpression)`,
    message: 'Dividing an amount makes a float: divideHalfAway, or Math.trunc/Math.floor around it.',
  },
  {
    selector: `BinaryExpression[operator='*']${either(AMOUNT)}${either(RATE)}`,
    message: 'An amount times a rate makes a float: multiply by integer basis points and divide with divideHalfAway.',
  },
];

export default tseslint.config(
  { ignores: ['**/node_modules/', '**/dist/', '.nx/', 'coverage/', 'data/', 'test/architecture/planted/', 'services/console/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: [...packages, 'test/**/*.ts', 'infra/**/*.ts'],
    ignores: ['test/bench/**'],
    extends: [tseslint.configs.base],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@nx/enforce-module-boundaries': boundaries(),
      'no-restricted-syntax': ['error', noDefaultExport],
      'max-lines': ['warn', { max: 250 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  { files: specs, rules: { '@nx/enforce-module-boundaries': boundaries(['type:testing', 'type:adapter', 'type:engine', 'type:hosting']) } },
  { files: ['services/*/src/*.process.ts'], rules: { '@nx/enforce-module-boundaries': boundaries(['type:hosting']) } },
  { files: ['services/*/src/main.ts'], rules: { '@nx/enforce-module-boundaries': boundaries(['type:adapter', 'type:hosting']) } },
  { files: packages, ignores: [...specs, 'services/cli/**', '**/main.ts'], rules: { 'no-console': 'error' } },
  { ...domain, rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...deterministic, ...exact] } },
  { files: renderers, rules: { 'no-restricted-syntax': ['error', noDefaultExport, ...deterministic] } },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { ecmaVersion: 2023 },
    rules: { 'no-unused-vars': ['error', { caughtErrors: 'none' }], eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
);
