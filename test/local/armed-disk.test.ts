import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArmedDisk, armingKey } from '../../local/armed-disk';
import { TemplateResource } from '../../local/aws/template';

/** A stack with an association of a document, whatever they are called, and a document that no association runs. */
function stack({ content = { steps: ['arm'] }, parameters = undefined as object | undefined, name = 'Document', rate = 30 } = {}) {
  const Resources: Record<string, TemplateResource> = {
    [name]: { Type: 'AWS::SSM::Document', Properties: { Content: content } },
    [`${name}Association`]: {
      Type: 'AWS::SSM::Association',
      Properties: { Name: { Ref: name }, ScheduleExpression: `rate(${rate} minutes)`, ...parameters && { Parameters: parameters } },
    },
    Collect: { Type: 'AWS::SSM::Document', Properties: { Content: { steps: ['collect', rate] } } },
  };
  return { Resources };
}

describe('the key of an armed machine', () => {
  test('is another for another document, and for other parameters', () => {
    const keys = [stack(), stack({ content: { steps: ['arm', 'verify'] } }), stack({ parameters: { dump: ['31'] } })].map(armingKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('is the same in stacks that arm alike, whatever else they do and however it is called', () => {
    expect(armingKey(stack({ name: 'Other', rate: 60 }))).toBe(armingKey(stack()));
  });

  test('refuses a stack that arms nothing: it would be the same for all of them', () => {
    expect(() => armingKey({ Resources: {} })).toThrow('this one has 0');
    const { Document: _, ...Resources } = stack().Resources;
    expect(() => armingKey({ Resources })).toThrow('associations, each of a document of its own');
  });
});

describe('the disk of an armed machine', () => {
  let folder: string;
  let image: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'armed-disk-'));
    image = join(folder, 'disk.qcow2');
    writeFileSync(image, 'image');
    writeFileSync(join(folder, 'overlay'), 'armed');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const keep = (disk: ArmedDisk) => disk.keep(copy => copy(join(folder, 'overlay')));

  test('is found under its key, beside its image, and nowhere else', async () => {
    const disk = new ArmedDisk(image, 'a');
    expect(disk.isKept()).toBe(false);
    await keep(disk);
    expect(readFileSync(disk.path, 'utf8')).toBe('armed');
    expect(new ArmedDisk(image, 'a').isKept()).toBe(true);
    expect(new ArmedDisk(image, 'b').isKept()).toBe(false);
    expect(new ArmedDisk(join(folder, 'other', 'disk.qcow2'), 'a').isKept()).toBe(false);
  });

  test('takes the place of one of the same document, and stays beside those of others until they are a day old', async () => {
    const [old, recent, same] = ['old', 'recent', 'same'].map(key => new ArmedDisk(image, key));
    for (const disk of [old, recent, same]) await keep(disk);
    utimesSync(old.path, new Date(), new Date(Date.now() - 25 * 3_600_000));
    writeFileSync(join(folder, 'overlay'), 'armed again');
    await keep(same);
    expect([old, recent, same].map(disk => disk.isKept())).toEqual([false, true, true]);
    expect(readFileSync(same.path, 'utf8')).toBe('armed again');
  });

  test('is not kept when the copy fails, and the one before it stays', async () => {
    const disk = new ArmedDisk(image, 'a');
    await keep(disk);
    const before = readdirSync(folder);
    await expect(new ArmedDisk(image, 'b').keep(async copy => {
      await copy(join(folder, 'overlay'));
      throw new Error('the machine is off');
    })).rejects.toThrow('the machine is off');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('is not found again when it was forgotten', async () => {
    const disk = new ArmedDisk(image, 'a');
    await keep(disk);
    disk.forget();
    expect(disk.isKept()).toBe(false);
    expect(existsSync(image)).toBe(true);
  });
});
