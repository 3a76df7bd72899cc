import { settingList } from './setting-list';

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The reference of all settings as a Markdown table: key, environment variable, default, meaning. */
export function configurationReference(): string {
  const rows = settingList.map(
    (setting) =>
      `| \`${setting.key}\` | \`${setting.variable}\` | \`${cell(JSON.stringify(setting.default))}\` | ${cell(setting.meaning)} |`,
  );
  return ['| Key | Environment variable | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}
