/// The CRLF behind a payload. A length that was damaged on the way leads elsewhere.
package enum RESPTerminator {
    /// Looks at `count` bytes from `start` on, of a payload of which `left` bytes were missing, its CRLF included.
    package static func check(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        count: Int,
        left: Int
    ) throws(RESPError) {
        guard count > left - 2 else { return }
        for offset in max(0, left - 2)..<count {
            guard bytes[start + offset] == (left - offset == 2 ? 0x0D : 0x0A) else { throw .missingTerminator }
        }
    }
}
