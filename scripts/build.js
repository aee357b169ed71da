// Makes dist/, which the package holds: JavaScript with types, and the bundle of the workflows, so that a worker starts fast and every
// worker of a version runs the same. From source nothing of this is needed.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);

// What READMEs have an administrator run or grant, and what the code itself reads of it.
cpSync(`${root}connectors`, `${dist}/connectors`, {
  recursive: true,
  filter: (path) => /\.(sql|json|yaml)$/.test(path) || !/\.[a-z]+$/.test(path),
});

const { code } = await bundleWorkflowCode({
  workflowsPath: `${dist}/workflows/index.js`,
  logger: new DefaultLogger('WARN'),
  webpackConfigHook: withoutThisMachine,
});
writeFileSync(`${dist}/workflow-bundle.js`, code);

/** The bundle carries its source map, which would name the folders of whoever builds it. */
function withoutThisMachine(config) {
  const devtoolModuleFilenameTemplate = ({ absoluteResourcePath }) => absoluteResourcePath.replaceAll(root, 'keyturn/');
  return {
    ...config,
    context: root,
    devtool: 'inline-nosources-source-map',
    output: { ...config.output, devtoolModuleFilenameTemplate },
  };
}
