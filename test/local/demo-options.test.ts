import { readOptions } from '../../local/demo-options';

test('without options the demo runs on Debian 12, from the beginning', () => {
  expect(readOptions([])).toMatchObject({ release: { name: 'debian-12' }, resume: false, controls: false, livelock: false, group: false });
});

test.each([
  [['--resume', '--controls'], 'not armed yet'],
  [['--group', '--livelock'], '--group goes without'],
  [['--system', 'debian-13-arm64', '--livelock'], 'debian-13-arm64 does not'],
  [['--system', 'cp/m'], 'known are debian-11, debian-12'],
  [['--rseume'], "Unknown option '--rseume'"],
])('refuses %j', (args, complaint) => {
  expect(() => readOptions(args)).toThrow(complaint);
});
