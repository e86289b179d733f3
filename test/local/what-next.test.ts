import { DEBIAN_12, RELEASES } from '../../local/instance/release';
import { whatNext } from '../../local/what-next';

const arm = RELEASES.find(({ platform }) => !platform.takesInterrupts)!;

test('after a success: where to look, and variants that go on from the armed machine', () => {
  const text = whatNext({ release: DEBIAN_12, ok: true, resumable: true, kept: 'seen' });
  expect(text).toContain('Look at (in seen)');
  expect(text).toContain('report.txt');
  expect(text).toContain('npm run demo -- --resume --group ');
  expect(whatNext({ release: DEBIAN_12, ok: true, resumable: true })).toContain('npm run demo -- --resume --work seen ');
});

test('after a failure: the same system again, from the armed machine only where there is one', () => {
  expect(whatNext({ release: arm, ok: false, resumable: true })).toContain(`npm run demo -- --resume --system ${arm.name} `);
  expect(whatNext({ release: DEBIAN_12, ok: false, resumable: false })).toMatch(/^ {2}npm run demo +begin again$/m);
});

test('a machine that takes no interrupts is not offered what needs one', () => {
  expect(whatNext({ release: arm, ok: true, resumable: true })).not.toMatch(/--group|--livelock/);
});
