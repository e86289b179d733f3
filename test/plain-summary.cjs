// A jest reporter: closes a run with one plain line that people and machines can read.
module.exports = class PlainSummary {
  onRunComplete(_contexts, results) {
    // A file that does not even load counts as one failed test.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // At the exit, because jest's own summary comes after the reporters.
    process.once('exit', () => console.log(`\n${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`));
  }
};
