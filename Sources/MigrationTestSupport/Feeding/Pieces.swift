/// The ways in which the same bytes may come from a socket.
package enum Pieces {
    /// Whole, byte by byte, and cut in two at every position.
    package static func everyWay(of bytes: [UInt8]) -> [[[UInt8]]] {
        let halves = bytes.indices.dropFirst().map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
        return [[bytes], bytes.map { [$0] }] + halves
    }

    /// Cut at places that `generator` chooses, into pieces of one byte up to `longest`.
    package static func random(
        of bytes: [UInt8],
        longest: Int,
        using generator: inout SplitMix64
    ) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + generator.below(longest))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}
