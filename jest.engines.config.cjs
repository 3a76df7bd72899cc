/** The suites that need real engines; `npm run test:engines` starts these and says where they are. */
const common = require('./jest.config.cjs');

module.exports = {
  ...common,
  testMatch: ['<rootDir>/{libs,services,test}/**/*.engines.spec.ts'],
  testPathIgnorePatterns: common.testPathIgnorePatterns.filter((pattern) => !pattern.includes('engines')),
  // Broker, services and suites share the machine; one suite at a time leaves them room.
  maxWorkers: 1,
  testTimeout: 120_000,
};
