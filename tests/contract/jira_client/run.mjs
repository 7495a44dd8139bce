// Installs the client into a folder of the build and runs contract.mjs there.
//
//   node run.mjs <tajo-jira-sim> <folder>
//
// Exit code 77: skipped, since the client could not be installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [simulator, folder] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));

mkdirSync(folder, { recursive: true });
for (const file of ['package.json', 'contract.mjs']) copyFileSync(path.join(here, file), path.join(folder, file));
if (!existsSync(path.join(folder, 'node_modules', 'jira.js'))) {
  try {
    const options = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', options, { cwd: folder, stdio: 'pipe', timeout: 120_000 });
  } catch (error) {
    console.log(`skipped: npm could not install jira.js (${String(error.message).split('\n')[0]})`);
    process.exit(77);
  }
}
const run = spawnSync(process.execPath, ['--test', 'contract.mjs'], {
  cwd: folder,
  stdio: 'inherit',
  env: { ...process.env, TAJO_JIRA_SIM: simulator },
});
process.exit(run.status ?? 1);
