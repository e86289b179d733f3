import { Duplex } from 'node:stream';

/** Two ends of a connection: what is written to one is read from the other. */
export function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex) => new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      other().push(chunk);
      done();
    },
    final(done) {
      other().push(null);
      done();
    },
  });
  const left: Duplex = make(() => right);
  const right: Duplex = make(() => left);
  return [left, right];
}
