import { Lazy, Size } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { CrashKernel } from '../../src';

const mib = Size.mebibytes;
const gib = Size.gibibytes;

describe('what becomes the crashkernel= value', () => {
  test.each([
    [CrashKernel.auto(), 'auto'],
    [CrashKernel.size(mib(256)), '256M'],
    [CrashKernel.size(gib(1)), '1G'],
    [CrashKernel.size(mib(1536)), '1536M'],
    [CrashKernel.ranges({ memoryFrom: gib(1), reserve: mib(256) }), '1G-:256M'],
    [CrashKernel.ranges(
      { memoryFrom: mib(512), memoryTo: gib(2), reserve: mib(128) },
      { memoryFrom: gib(2), memoryTo: gib(64), reserve: mib(256) },
      { memoryFrom: gib(64), reserve: mib(512) },
    ), '512M-2G:128M,2G-64G:256M,64G-:512M'],
    [CrashKernel.highLow(mib(512), mib(72)), '512M,high 72M,low'],
    [CrashKernel.highLow(gib(1), mib(0)), '1G,high 0M,low'],
  ])('%#: %j is %s', (crashKernel, value) => expect(crashKernel._value).toBe(value));

  test('ascending rows of any size render to what the kernel parses back', () => {
    const rows = fc.uniqueArray(fc.integer({ min: 65, max: 4_194_304 }), { minLength: 2, maxLength: 8 }).map(all => all.sort((a, b) => a - b));
    fc.assert(fc.property(rows, limits => {
      const value = CrashKernel.ranges(...limits.slice(0, -1).map((from, i) => (
        { memoryFrom: mib(from), memoryTo: mib(limits[i + 1]), reserve: mib(64) })))._value;
      const inMib = (text: string) => parseInt(text, 10) * (text.endsWith('G') ? 1024 : 1);
      expect(value.split(',').flatMap(row => row.split(':')[0].split('-').map(inMib)))
        .toEqual(limits.slice(0, -1).flatMap((from, i) => [from, limits[i + 1]]));
    }));
  });
});

describe('values that would reserve nothing or too much', () => {
  test.each([
    ['a reservation too small to start in', () => CrashKernel.size(mib(32)), /32M was given.*at least 64M/],
    ['a part of a MiB', () => CrashKernel.size(Size.kibibytes(262145)), /whole MiB/],
    ['a token', () => CrashKernel.size(mib(Lazy.number({ produce: () => 256 }))), /token/],
    ['no rows', () => CrashKernel.ranges(), /no row/],
    ['overlapping rows', () => CrashKernel.ranges(
      { memoryFrom: gib(1), memoryTo: gib(4), reserve: mib(128) },
      { memoryFrom: gib(2), reserve: mib(256) }), /row 2: it starts at 2G, but the row before it ends at 4G/],
    ['a row behind one without an upper limit', () => CrashKernel.ranges(
      { memoryFrom: gib(1), reserve: mib(128) },
      { memoryFrom: gib(2), reserve: mib(256) }), /row 2.*has no upper limit/],
    ['an empty row', () => CrashKernel.ranges({ memoryFrom: gib(2), memoryTo: gib(2), reserve: mib(256) }), /memoryTo 2G is not larger/],
    ['a reservation of all the memory', () => CrashKernel.ranges({ memoryFrom: mib(256), reserve: mib(256) }), /no more than that/],
    ['too much low memory', () => CrashKernel.highLow(gib(1), gib(5)), /5G was given/],
  ])('refuses %s', (_, make, message) => expect(make).toThrow(message));
});
