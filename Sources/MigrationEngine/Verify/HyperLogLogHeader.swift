import RESP

extension ByteString {
    /// The beginning of a string without what PFCOUNT keeps in it.
    ///
    /// A HyperLogLog is a string with a header of 16 bytes (Redis hyperloglog.c, struct hllhdr): `HYLL`, the encoding, 3
    /// bytes of zero, and the count as it was last computed. PFCOUNT, which is no write to a client, stores it there and
    /// notifies nobody. Each side computes it anew from the registers, which are compared.
    var withoutCachedCount: ByteString {
        guard isHyperLogLog else { return self }
        return ByteString(bytes[..<8] + [UInt8](repeating: 0, count: 8) + bytes[16...])
    }

    private var isHyperLogLog: Bool {
        guard count >= 16, hasPrefix("HYLL") else { return false }
        // Dense or sparse; a dense one has 16384 registers of 6 bits.
        let isKnown = bytes[4] == 0 ? count == 16 + 12_288 : bytes[4] == 1
        return isKnown && bytes[5..<8].allSatisfy { $0 == 0 }
    }
}
