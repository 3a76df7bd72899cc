import { settingList } from '@regulars/runtime';

/** What a service's main file says of itself. */
export interface MainDescription {
  /** `purchase`. */
  readonly name: string;
  readonly version: string;
  /** One sentence. */
  readonly summary: string;
  /** The groups of settings, or single settings, it reads: `kafka`, `intake.topicStores`. */
  readonly settings: readonly string[];
  /** Those without which it cannot start. */
  readonly required: readonly string[];
}

/** The text of `--help`: every environment variable the service reads. */
export function mainHelp({ name, version, summary, settings, required }: MainDescription): string {
  const read = settingList.filter(({ key }) => settings.some((wanted) => key === wanted || key.startsWith(`${wanted}.`)));
  const lines = read.map(({ key, variable, meaning, default: preset }) => {
    const usual = required.includes(key) ? 'required' : preset === '' ? 'not set' : `default: ${String(preset)}`;
    return `  ${variable}\n      ${meaning} (${usual})`;
  });
  return `Regulars ${version}, service ${name}: ${summary}

It starts in any order with its servers: until they are there it answers /health/live, and /health/ready says what it waits for.
SIGTERM and SIGINT stop it in order.

Environment:
${lines.join('\n')}
  REGULARS_CONFIG
      Settings file (YAML), under the environment; default: regulars.yaml in the data directory
`;
}
