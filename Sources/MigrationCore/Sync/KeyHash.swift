/// A 64-bit hash of a key and its database, seeded anew in each process, so that nobody can choose keys that collide.
package struct KeyHash: Hashable, Sendable {
    package let value: UInt64

    package init(database: Int, key: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        hasher.combine(database)
        hasher.combine(bytes: key)
        value = UInt64(bitPattern: Int64(hasher.finalize()))
    }

    package init(value: UInt64) {
        self.value = value
    }

    /// The lane that moves this key, always the same one.
    package func lane(of lanes: Int) -> Int {
        Int((value >> 32) % UInt64(lanes))
    }
}
