// A jest reporter: one line for each thing that goes wrong, with how long it took.
module.exports = class ResponseTable {
  onRunComplete(_contexts, results) {
    const tests = results.testResults.flatMap(file => file.testResults).filter(each => each.status !== 'pending');
    const lines = tests.map(({ status, fullName, duration }) => `${status === 'passed' ? 'PASS' : 'FAIL'}  ${fullName}  (${((duration ?? 0) / 1000).toFixed(1)} s)`);
    process.once('exit', () => console.log(`\n${lines.join('\n')}`));
  }
};
