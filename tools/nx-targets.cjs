/** Gives every workspace the same targets, so that no package.json repeats them: `npx nx run-many -t test`, `npx nx affected -t lint`. */
const { dirname } = require('node:path');

const command = (text) => ({ executor: 'nx:run-commands', options: { command: text } });

exports.name = 'regulars-targets';
exports.createNodesV2 = [
  '{libs,services}/**/package.json',
  (files) =>
    files
      .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
      .map((file) => {
        const root = dirname(file);
        const targets = {
          build: command('node tools/build.mjs'),
          test: { ...command(`node tools/test.mjs ${root} --passWithNoTests`), dependsOn: ['build'] },
          lint: command(`node tools/lint.mjs ${root}`),
        };
        return [file, { projects: { [root]: { root, projectType: 'library', targets } } }];
      }),
];
exports.createNodes = exports.createNodesV2;
