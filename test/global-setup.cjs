const { chmodSync, mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

// Every test's temporary files, those that the CDK leaves included, go into one folder, which global-teardown.cjs removes.
module.exports = () => {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'cdk-diagnostic-interrupt-test-'));
  chmodSync(process.env.TMPDIR, 0o755); // mmdebstrap works in it as another user
};
