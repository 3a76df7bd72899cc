/** Prints `passed failed` of a Jest report (`--json --outputFile`); a suite that could not run counts as one failed test, no report as well. */
import { existsSync, readFileSync } from 'node:fs';

const file = process.argv[2];
const report = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
const passed = report?.numPassedTests ?? 0;
const failed = report ? report.numFailedTests + report.numRuntimeErrorTestSuites : 1;
console.log(`${passed} ${passed === 0 && failed === 0 ? 1 : failed}`);
