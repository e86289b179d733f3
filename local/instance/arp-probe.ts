import { Duplex } from 'node:stream';

/** The two ends of the probe: the instance's network card and the router that asks. */
export const INSTANCE_MAC = '02:00:0a:14:00:0a';
export const INSTANCE_IP = '10.20.0.10';
const ROUTER_MAC = '02:00:0a:14:00:01';
const ROUTER_IP = '10.20.0.1';

const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';
const ETHERTYPE_ARP = 0x0806;
const ARP_REQUEST = 1;
const ARP_REPLY = 2;
/** Hardware type Ethernet, protocol IPv4, and the lengths of their addresses. */
const ETHERNET_IPV4 = Buffer.from('000108000604', 'hex');

/** What an ARP reply says. */
export interface ArpReply {
  readonly senderMac: string;
  readonly senderIp: string;
}

/**
 * Asks the instance's network card for its address, as EC2's instance status check does: a machine whose kernel handles
 * interrupts answers, a hung one does not. The stream is the other end of QEMU's `-netdev stream`.
 */
export class ArpProbe {
  private readonly split = new FrameSplitter();
  private waiting: Array<() => void> = [];

  constructor(private readonly network: Duplex) {
    network.on('data', (chunk: Buffer) => {
      for (const frame of this.split.push(chunk)) {
        if (decodeArpReply(frame)?.senderIp === INSTANCE_IP) {
          this.waiting.splice(0).forEach((answered) => answered());
        }
      }
    });
    network.on('error', () => {}); // QEMU ended: nothing answers any more
  }

  /** Sends one request; true when the reply comes within the time. */
  public answersArp(timeoutMs = 1000): Promise<boolean> {
    return new Promise((resolve) => {
      const answered = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((other) => other !== answered);
        resolve(false);
      }, timeoutMs);
      this.waiting.push(answered);
      if (this.network.writable) {
        this.network.write(withLength(encodeArpRequest()));
      }
    });
  }
}

/** Cuts QEMU's byte stream, in which each frame follows its length in four bytes, into frames. */
export class FrameSplitter {
  private unread = Buffer.alloc(0);

  public push(chunk: Buffer): Buffer[] {
    this.unread = Buffer.concat([this.unread, chunk]);
    const frames: Buffer[] = [];
    while (this.unread.length >= 4 && this.unread.length >= 4 + this.unread.readUInt32BE(0)) {
      const end = 4 + this.unread.readUInt32BE(0);
      frames.push(this.unread.subarray(4, end));
      this.unread = this.unread.subarray(end);
    }
    return frames;
  }
}

/** A frame as QEMU's stream carries it. */
export function withLength(frame: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

/** The Ethernet frame "who has the instance's address? tell the router". */
export function encodeArpRequest(): Buffer {
  return Buffer.concat([
    macBytes(BROADCAST_MAC), macBytes(ROUTER_MAC), word(ETHERTYPE_ARP),
    ETHERNET_IPV4, word(ARP_REQUEST),
    macBytes(ROUTER_MAC), ipBytes(ROUTER_IP), macBytes('00:00:00:00:00:00'), ipBytes(INSTANCE_IP),
  ]);
}

/** The reply in an Ethernet frame; undefined for any other frame. */
export function decodeArpReply(frame: Buffer): ArpReply | undefined {
  if (frame.length < 42 || frame.readUInt16BE(12) !== ETHERTYPE_ARP || !frame.subarray(14, 20).equals(ETHERNET_IPV4)
    || frame.readUInt16BE(20) !== ARP_REPLY) {
    return undefined;
  }
  return {
    senderMac: frame.subarray(22, 28).toString('hex').replace(/..(?=.)/g, '$&:'),
    senderIp: frame.subarray(28, 32).join('.'),
  };
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

function ipBytes(ip: string): Buffer {
  return Buffer.from(ip.split('.').map(Number));
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
