import { duplexPair } from './duplex-pair';
import { ArpProbe, decodeArpReply, encodeArpRequest, FrameSplitter, INSTANCE_IP, INSTANCE_MAC, withLength } from '../../../local/instance/arp-probe';

const REQUEST = 'ffffffffffff' + '02000a140001' + '0806' + '000108000604' + '0001' + '02000a140001' + '0a140001' + '000000000000' + '0a14000a';
const REPLY = Buffer.from(
  '02000a140001' + '02000a14000a' + '0806' + '000108000604' + '0002' + '02000a14000a' + '0a14000a' + '02000a140001' + '0a140001', 'hex');

/** The reply with some bytes replaced. */
function reply(offset: number, hex: string): Buffer {
  const frame = Buffer.from(REPLY);
  frame.write(hex, offset, 'hex');
  return frame;
}

test('the request asks everybody for the address of the instance', () => {
  expect(encodeArpRequest().toString('hex')).toBe(REQUEST);
});

test('a reply tells who answered, padded to the smallest Ethernet frame or not', () => {
  const instance = { senderMac: INSTANCE_MAC, senderIp: INSTANCE_IP };
  expect(decodeArpReply(REPLY)).toEqual(instance);
  expect(decodeArpReply(Buffer.concat([REPLY, Buffer.alloc(18)]))).toEqual(instance);
});

test.each([
  ['an empty frame', Buffer.alloc(0)],
  ['a frame cut short', REPLY.subarray(0, 41)],
  ['an IPv4 packet', reply(12, '0800')],
  ['an ARP request', reply(20, '0001')],
  ['ARP for another kind of network', reply(14, '0006')],
])('refuses %s as a reply', (_, frame) => {
  expect(decodeArpReply(frame)).toBeUndefined();
});

test('frames are cut out of the stream wherever its chunks end', () => {
  const frames = [Buffer.from('first'), Buffer.alloc(0), REPLY];
  const stream = Buffer.concat(frames.map(withLength));
  for (let size = 1; size <= stream.length; size++) {
    const splitter = new FrameSplitter();
    const seen: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) {
      seen.push(...splitter.push(stream.subarray(at, at + size)));
    }
    expect(seen).toEqual(frames);
  }
});

test('a machine that replies answers every one of several probes at once', async () => {
  const [network, machine] = duplexPair();
  const probe = new ArpProbe(network);
  machine.once('data', () => machine.write(Buffer.concat([withLength(Buffer.from('other traffic of the network')), withLength(REPLY)])));
  await expect(Promise.all([probe.answersArp(), probe.answersArp()])).resolves.toEqual([true, true]);
});

test('fails when nobody replies in time', async () => {
  const [network] = duplexPair();
  await expect(new ArpProbe(network).answersArp(20)).resolves.toBe(false);
});

test('fails when somebody else replies', async () => {
  const [network, machine] = duplexPair();
  machine.once('data', () => machine.write(withLength(reply(28, '0a140063'))));
  await expect(new ArpProbe(network).answersArp(50)).resolves.toBe(false);
});

test('fails, and does not throw, when the machine is gone', async () => {
  const [network] = duplexPair();
  const probe = new ArpProbe(network);
  network.destroy(new Error('gone'));
  await expect(probe.answersArp(20)).resolves.toBe(false);
});
