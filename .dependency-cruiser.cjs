/**
 * The dependency rule, folder by folder: kernel ← contracts, ports ← engine, adapters, runtime ← hosting, services ← composition.
 * Every rule has a planted violation in test/architecture/planted that must be caught.
 */
/** Specs, and what the specs of one package share. */
const SPEC = '(\\.spec(-support)?\\.ts$|/spec-support/)';
const INDEX = '/src/index\\.ts$';
/** External packages that only adapters, the runtime and the edges of services may know. */
const INFRASTRUCTURE =
  'node_modules/(@nestjs|nestjs-[^/]+|fastify|@fastify|kafkajs|mongodb|@eventstore|@kurrent|prom-client|libsql|pino)(/|$)';
const BUSINESS_SERVICES = 'services/(purchase|profile|loyalty-tier|engagement|notification)';
/** Where aggregates live: the services, and what all of them share. */
const AGGREGATES = '(services/(?:purchase|profile|loyalty-tier|engagement|notification|platform)|libs/hosting)';
/** A package's folder: libs/kernel, libs/adapters/embedded, services/purchase. */
const PACKAGE = '^((?:libs/adapters/|libs/|services/)[^/]+)/';

/** One layer: outside its own folder it may import only the doors of these other packages of ours. */
const layer = (name, folder, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: SPEC },
  to: {
    path: '^(libs|services)/',
    pathNot: [`^${folder}/`, ...allowed.map((target) => `^${target}/`), '^libs/(testing|port-contracts)/'],
  },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle of modules cannot be understood, tested or loaded in parts.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'The import leads nowhere: misspelt, or missing in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      comment: 'A package must name what it imports in its own package.json.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    layer('kernel-depends-on-nothing', 'libs/kernel', [], 'The kernel is what everything else stands on.'),
    layer('contracts-depend-on-kernel', 'libs/contracts', ['libs/kernel'], 'Contracts are read by everyone, so they read only the kernel.'),
    layer('ports-depend-on-kernel', 'libs/ports', ['libs/kernel'], 'A port is an interface in terms of the kernel.'),
    layer(
      'engine-depends-on-ports',
      'libs/engine',
      ['libs/kernel', 'libs/ports'],
      'The engine moves events; it knows no business and no store.',
    ),
    layer(
      'runtime-depends-inwards',
      'libs/runtime',
      ['libs/kernel', 'libs/ports', 'libs/contracts', 'libs/engine'],
      'The runtime serves every service and knows none.',
    ),
    layer(
      'hosting-depends-inwards',
      'libs/hosting',
      ['libs/kernel', 'libs/ports', 'libs/contracts', 'libs/engine', 'libs/runtime'],
      'What every service process has knows no service and no store.',
    ),
    layer(
      'testing-depends-inwards',
      'libs/(testing|port-contracts)',
      ['libs/kernel', 'libs/ports', 'libs/contracts', 'libs/engine'],
      'Test support works with any adapter and any service, so it knows none.',
    ),
    {
      name: 'adapters-depend-on-ports',
      comment: 'An adapter implements ports; it knows nothing else of ours, other adapters included.',
      severity: 'error',
      from: { path: '^libs/adapters/([^/]+)/', pathNot: SPEC },
      to: { path: '^(libs|services)/', pathNot: ['^libs/adapters/$1/', '^libs/(kernel|ports)/', '^libs/(testing|port-contracts)/'] },
    },
    {
      name: 'services-depend-inwards',
      comment: 'Services use engine, ports, kernel, contracts and runtime; adapters are handed to them.',
      severity: 'error',
      from: { path: `^${BUSINESS_SERVICES}/`, pathNot: [SPEC, '/src/main\\.ts$'] },
      to: { path: '^(libs/adapters|services/(platform|cli|console))/' },
    },
    {
      name: 'services-know-no-process',
      comment: 'How a service is hosted is known where its process is put together (main.ts, *.process.ts), nowhere else in it.',
      severity: 'error',
      from: { path: `^${BUSINESS_SERVICES}/`, pathNot: [SPEC, '/src/(main|[^/]+\\.process)\\.ts$'] },
      to: { path: '^libs/hosting/' },
    },
    {
      name: 'services-never-meet',
      comment: 'Services meet in libs/contracts, never in code.',
      severity: 'error',
      from: { path: `^${BUSINESS_SERVICES}/` },
      to: { path: `^${BUSINESS_SERVICES}/`, pathNot: '^services/$1/' },
    },
    {
      name: 'testing-in-specs-only',
      comment: 'Builders, contract suites and doubles never run in production.',
      severity: 'error',
      from: { path: '^(libs|services)/', pathNot: [SPEC, '^libs/(testing|port-contracts)/'] },
      to: { path: '^libs/(testing|port-contracts)/' },
    },
    {
      name: 'pure-domain-direct',
      comment: 'Events and deciders import the kernel, contracts, zod and their own folder.',
      severity: 'error',
      from: { path: `^${AGGREGATES}/src/([^/]+)/.*(events|decider)\\.ts$` },
      to: { pathNot: ['^$1/src/$2/', `^libs/(kernel|contracts)${INDEX}`, 'node_modules/zod/'] },
    },
    {
      name: 'pure-domain-reach',
      comment: 'Nor may what they import in their own folder lead to a store, the engine or a framework.',
      severity: 'error',
      from: { path: `^${AGGREGATES}/src/[^/]+/.*(events|decider)\\.ts$` },
      to: { path: ['^libs/(ports|engine|runtime|adapters)/', INFRASTRUCTURE], reachable: true },
    },
    {
      name: 'infrastructure-stays-outside',
      comment: 'Frameworks, brokers and stores live in adapters, the runtime and the edges of services (controllers, modules, main).',
      severity: 'error',
      from: {
        path: ['^libs/(kernel|contracts|ports|engine)/', `^${BUSINESS_SERVICES}/src/[^/]+/`],
        pathNot: [SPEC, '\\.(controller|module)\\.ts$'],
      },
      to: { path: INFRASTRUCTURE },
    },
    {
      name: 'one-door',
      comment: 'The only door of a package is its src/index.ts.',
      severity: 'error',
      from: { path: PACKAGE },
      to: { path: '^(libs|services)/', pathNot: ['^$1/', INDEX, '/package\\.json$'] },
    },
    {
      name: 'no-import-of-specs',
      comment: 'What specs share belongs in libs/testing.',
      severity: 'error',
      from: { pathNot: SPEC },
      to: { path: SPEC },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    exclude: { path: '(^|/)dist/' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'] },
  },
};
