// A jest reporter: one line for each system, with what was proven on it. A case belongs to the system that its outermost describe names.
module.exports = class MatrixTable {
  onRunComplete(_contexts, results) {
    const systems = new Map();
    for (const file of results.testResults) {
      for (const test of file.testResults.filter(each => each.status !== 'pending')) {
        const name = test.ancestorTitles[0] ?? 'the sandbox';
        const system = systems.get(name) ?? { passed: 0, failed: [], killed: 0, hostile: 0 };
        systems.set(name, system);
        if (test.status === 'passed') {
          system.passed++;
          system.killed += /killed after every effect/.test(test.title) ? 1 : 0;
          system.hostile += /hostile/.test(file.testFilePath) ? 1 : 0;
        } else {
          system.failed.push(test.title);
        }
      }
    }
    const width = Math.max(...[...systems.keys()].map(name => name.length));
    const lines = [...systems].map(([name, { passed, failed, killed, hostile }]) => {
      const extras = [killed ? `${killed} killed at every effect` : '', hostile ? `${hostile} in hostile surroundings` : ''].filter(Boolean);
      const cases = `${String(passed).padStart(3)} cases${extras.length ? `, of them ${extras.join(' and ')}` : ''}`;
      return `${failed.length ? 'FAIL' : 'PASS'}  ${name.padEnd(width)}  ${cases}${failed.map(title => `\n      ${title}`).join('')}`;
    });
    process.once('exit', () => console.log(`\n${lines.join('\n')}`));
  }
};
