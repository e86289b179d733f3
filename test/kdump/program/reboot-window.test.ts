import { DEBIAN_12 } from './images';
import { armedMachine, Machine } from './machine';

let machine: Machine;

// `date -u '+%u %H %M'` on a machine whose clock stands still.
function at(day: number, time: string): void {
  machine.breakCommand('date', `[ "$*" = '-u +%u %H %M' ] || exit 1\necho ${day} ${time.replace(':', ' ')}`);
}

// 1 is Monday. The window opens at 23:00 for three hours.
test.each([
  [6, '22:59', false], [6, '23:00', true], [6, '23:59', true], [7, '00:00', true], [7, '01:59', true], [7, '02:00', false], [7, '23:30', false],
  [1, '00:30', false], [5, '23:30', false],
])('a window on Saturday from 23:00 to 02:00: on day %d at %s it is open: %s', (day, time, open) => {
  machine = new Machine(DEBIAN_12);
  at(day, time);
  const outcome = machine.run({ rebootPolicy: 'inWindow', rebootWindow: '6 1380 180' });
  expect(outcome).toMatchObject({
    exitCode: open ? 194 : 20, status: { state: 'reboot-required', cause: expect.stringMatching(open ? /asked to reboot/ : /until the window/) },
  });
});

test.each([[1, 2], [7, 1]])('a window that opens on day %d at 08:10 and lasts a day is still open on day %d at 08:09', (day, next) => {
  machine = new Machine(DEBIAN_12);
  at(next, '08:09');
  expect(machine.run({ rebootPolicy: 'inWindow', rebootWindow: `${day} 490 1440` }).exitCode).toBe(194);
});

test('the reboot that waited for its window is asked for once, and the machine is armed after it', () => {
  machine = new Machine(DEBIAN_12);
  machine.breakCommand('date', 'cat /stand-in/now');
  machine.write('/stand-in/now', '3 12 00\n');
  const policy = { rebootPolicy: 'inWindow', rebootWindow: '1234567 120 60' } as const;
  expect([machine.run(policy).exitCode, machine.run().exitCode]).toEqual([20, 20]);
  machine.write('/stand-in/now', '4 02 08\n');
  expect([machine.run().exitCode, machine.run().exitCode]).toEqual([194, 20]);
  machine.reboot();
  expect(machine.run()).toMatchObject({ exitCode: 0, status: { state: 'armed' } });
});

test('no reboot is asked for while makedumpfile works on a dump', () => {
  machine = armedMachine(DEBIAN_12);
  const mend = machine.breakCommand('uname', 'cp /host/usr/bin/sleep /tmp/makedumpfile\n'
    + '/tmp/makedumpfile 30 > /dev/null 2>&1 &\necho x86_64');
  expect(machine.run({ crashKernel: '512M', rebootPolicy: 'whenRequired' }))
    .toMatchObject({ exitCode: 20, status: { cause: expect.stringMatching(/a dump is being saved/) } });
  mend();
  expect(machine.run()).toMatchObject({ exitCode: 194 });
});
