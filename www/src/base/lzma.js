/**
 * Unpacks LZMA, which takes a sixth less than DEFLATE for the engine. Written
 * after Igor Pavlov's specification of the format, which is in the public
 * domain; it trusts its input, for that stands in the same script.
 */

/** Shortest match. */
const MIN_LENGTH = 2;
/** From this slot on the middle bits of a distance have even chances. */
const EVEN_SLOT = 14;
/** The low bits of such a distance, which have chances again. */
const ALIGN_BITS = 4;

/**
 * The content of a `.lzma` file: a byte of properties, 4 of the dictionary's
 * size, 8 of the content's size, and the coded bits.
 * @param {Uint8Array} packed
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unpack(packed) {
  const header = new DataView(packed.buffer, packed.byteOffset);
  const properties = header.getUint8(0);
  const literalContextBits = properties % 9;
  const literalPlaceMask = (1 << Math.floor(properties / 9) % 5) - 1;
  const placeMask = (1 << Math.floor(properties / 45)) - 1;
  const out = new Uint8Array(header.getUint32(5, true));

  const bits = new Bits(packed.subarray(13));
  const literals = chances(0x300 << (literalContextBits + 4));
  const isMatch = chances(12 << 4);
  const isRepeated = chances(12);
  const isOlder = chances(3 * 12);
  const isLong = chances(12 << 4);
  const slots = chances(4 * 64);
  const distances = chances(128);
  const align = chances(1 << ALIGN_BITS);
  const newLength = new Lengths(bits);
  const repeatedLength = new Lengths(bits);

  /** The distances of the last matches, less 1, the latest first. */
  const recent = [0, 0, 0, 0];
  /** What was decoded last: below 7 a literal. */
  let state = 0;
  let at = 0;

  const copied = () => out[at - (recent[0] ?? 0) - 1] ?? 0;

  const literal = () => {
    const place = (at & literalPlaceMask) << literalContextBits;
    const context = place + ((out[at - 1] ?? 0) >> (8 - literalContextBits));
    const base = 0x300 * context;
    let symbol = 1;
    if (state >= 7) {
      // Likely unlike the byte that a match would have copied here.
      for (let match = copied() << 1, same = true; same && symbol < 0x100; match <<= 1) {
        const expected = (match >> 8) & 1;
        const bit = bits.next(literals, base + ((1 + expected) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        same = bit === expected;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | bits.next(literals, base + symbol);
    return symbol;
  };

  /** @param {number} length */
  const distance = (length) => {
    const slot = bits.tree(slots, 6, 64 * Math.min(length, 3));
    if (slot < 4) return slot;
    const below = (slot >> 1) - 1;
    const high = (2 | (slot & 1)) << below;
    if (slot < EVEN_SLOT) return high + bits.reverseTree(distances, below, high - slot);
    const middle = bits.even(below - ALIGN_BITS) << ALIGN_BITS;
    return high + middle + bits.reverseTree(align, ALIGN_BITS, 0);
  };

  while (at < out.length) {
    const place = at & placeMask;
    const inState = (state << 4) + place;
    if (!bits.next(isMatch, inState)) {
      out[at] = literal();
      at++;
      state = state < 4 ? 0 : state - (state < 10 ? 3 : 6);
      continue;
    }
    const afterLiteral = state < 7;
    let length = 0;
    if (!bits.next(isRepeated, state)) {
      length = newLength.next(place);
      recent.unshift(distance(length));
      recent.pop();
      state = afterLiteral ? 7 : 10;
    } else {
      let age = 0;
      while (age < 3 && bits.next(isOlder, 12 * age + state)) age++;
      if (age === 0 && !bits.next(isLong, inState)) {
        out[at] = copied();
        at++;
        state = afterLiteral ? 9 : 11;
        continue;
      }
      recent.unshift(...recent.splice(age, 1));
      length = repeatedLength.next(place);
      state = afterLiteral ? 8 : 11;
    }
    for (const end = at + length + MIN_LENGTH; at < end; at++) out[at] = copied();
  }
  return out;
}

/**
 * So many adaptive chances of a 0, in parts of 2048, even at first.
 * @param {number} count
 */
const chances = (count) => new Uint16Array(count).fill(1024);

/** The lengths of matches, less the shortest. */
class Lengths {
  #bits;
  #isLonger = chances(2);
  #short = chances(16 * 8);
  #middle = chances(16 * 8);
  #long = chances(256);

  /** @param {Bits} bits */
  constructor(bits) {
    this.#bits = bits;
  }

  /** @param {number} place where the match begins, its low bits */
  next(place) {
    const bits = this.#bits;
    if (!bits.next(this.#isLonger, 0)) return bits.tree(this.#short, 3, 8 * place);
    if (!bits.next(this.#isLonger, 1)) return 8 + bits.tree(this.#middle, 3, 8 * place);
    return 16 + bits.tree(this.#long, 8, 0);
  }
}

/** Bits out of a range coder, all numbers 32 bits without sign. */
class Bits {
  #bytes;
  #at = 5;
  /** The range and the code: in an array, for as fields they would be boxed. */
  #coder = new Uint32Array([0xffffffff, 0]);

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#coder[1] = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  }

  /**
   * A bit, whose chance learns from it.
   * @param {Uint16Array} table
   * @param {number} index
   */
  next(table, index) {
    const coder = this.#coder;
    const chance = table[index];
    const bound = (coder[0] >>> 11) * chance;
    const bit = coder[1] < bound ? 0 : 1;
    if (bit) {
      table[index] = chance - (chance >> 5);
      coder[0] -= bound;
      coder[1] -= bound;
    } else {
      table[index] = chance + ((2048 - chance) >> 5);
      coder[0] = bound;
    }
    if (coder[0] < 1 << 24) this.#refill();
    return bit;
  }

  /**
   * A number of so many bits, the highest first, each with a chance by those
   * before it; the chances begin at `base` + 1.
   * @param {Uint16Array} table
   * @param {number} count
   * @param {number} base
   */
  tree(table, count, base) {
    let node = 1;
    while (node < 1 << count) node = (node << 1) | this.next(table, base + node);
    return node - (1 << count);
  }

  /**
   * The same, the lowest bit first.
   * @param {Uint16Array} table
   * @param {number} count
   * @param {number} base
   */
  reverseTree(table, count, base) {
    let node = 1;
    let number = 0;
    for (let i = 0; i < count; i++) {
      const bit = this.next(table, base + node);
      node = (node << 1) | bit;
      number |= bit << i;
    }
    return number;
  }

  /**
   * A number of so many bits of even chance, the highest first.
   * @param {number} count
   */
  even(count) {
    const coder = this.#coder;
    let number = 0;
    for (let i = 0; i < count; i++) {
      coder[0] >>>= 1;
      const bit = coder[1] >= coder[0] ? 1 : 0;
      coder[1] -= bit * coder[0];
      number = (number << 1) | bit;
      if (coder[0] < 1 << 24) this.#refill();
    }
    return number;
  }

  /** Takes a byte, where the range has grown narrow. */
  #refill() {
    this.#coder[0] <<= 8;
    this.#coder[1] = (this.#coder[1] << 8) | this.#bytes[this.#at++];
  }
}
