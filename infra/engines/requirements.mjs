/** What has to be on the machine: Java to run Kafka, Maven and Go to fetch and build once. */
import { spawnSync } from 'node:child_process';
import { EngineFailure } from './failure.mjs';

const TOOLS = {
  java: {
    args: ['-version'],
    least: [17, 0],
    name: 'Java 17 or newer',
    install: 'apt-get install openjdk-17-jre-headless (https://adoptium.net/)',
  },
  mvn: { args: ['-version'], least: [3, 6], name: 'Maven 3.6 or newer', install: 'apt-get install maven (https://maven.apache.org/)' },
  go: {
    args: ['version'],
    least: [1, 22],
    name: 'Go 1.22 or newer',
    install: 'https://go.dev/dl/, or a package of your system that is new enough',
  },
};

/** What is missing or too old among these tools (`java`, `mvn`, `go`): one line each, naming what to install. */
export function missingTools(tools) {
  return tools.flatMap((tool) => {
    const { args, least, name, install } = TOOLS[tool];
    const { error, stdout = '', stderr = '' } = spawnSync(tool, args, { encoding: 'utf8' });
    const version = error ? undefined : /(\d+)\.(\d+)/.exec(`${stdout}${stderr}`.replace(/\x1b\[[\d;]*m/g, ''));
    if (!version) return [`${name} is missing: ${install}`];
    const [major, minor] = [Number(version[1]), Number(version[2])];
    const enough = major > least[0] || (major === least[0] && minor >= least[1]);
    return enough ? [] : [`${name} is needed, this is ${version[0]}: ${install}`];
  });
}

/** Throws EngineFailure that names everything to be installed where one of these tools is missing. */
export function requireTools(tools) {
  const missing = missingTools(tools);
  if (missing.length > 0) throw new EngineFailure(['The engines cannot be started on this machine:', ...missing].join('\n  '));
}
