import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.nx', 'coverage', 'data']);

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Headings as the anchors that Markdown renderers make of them. */
function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map((heading) => anchor(heading[1] ?? '')));
}

function links(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => link[1] ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

function problem(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(target)) return `${link} leads nowhere`;
  if (anchor && !anchors(readFileSync(target, 'utf8')).has(anchor)) return `${link}: no such heading`;
  return undefined;
}

const files = markdownBelow(ROOT).map((file) => relative(ROOT, file));

test.each(files)('links in %s lead somewhere', (file) => {
  const path = join(ROOT, file);
  expect(links(readFileSync(path, 'utf8')).flatMap((link) => problem(path, link) ?? [])).toEqual([]);
});

test('a link to nowhere and one to a missing heading are noticed', () => {
  const readme = join(ROOT, 'README.md');
  expect(problem(readme, 'docs/missing.md')).toBe('docs/missing.md leads nowhere');
  expect(problem(readme, '#missing')).toBe('#missing: no such heading');
});
