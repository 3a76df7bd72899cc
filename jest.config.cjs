/** Specs beside the code and the suites under test/; workspaces resolve to their sources, workers to the build. */
module.exports = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'require', 'default'] },
  testMatch: ['<rootDir>/{libs,services,test}/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    '\\.engines\\.spec\\.ts$',
    '<rootDir>/test/architecture/planted/',
    '<rootDir>/test/bench/',
  ],
  modulePathIgnorePatterns: ['/dist/'],
  transform: { '^.+\\.ts$': ['@swc/jest', require('./tools/swc-options.cjs')] },
  maxWorkers: 2,
  testTimeout: 60_000,
};
