import CXXHash
import MigrationCore

/// XXH3 with 128 bits over bytes that come in pieces. Its seed is drawn anew for each process, so that nobody who writes
/// at a server can prepare two values of one digest; digests are compared within a process only.
struct HashState {
    /// The state's memory, which is aligned as no Swift value can be.
    private final class Storage {
        let state: OpaquePointer

        init() {
            guard let state = cxxhash_create(HashState.seed) else { fatalError("no memory for a digest") }
            self.state = state
        }

        init(copying other: Storage) {
            guard let state = cxxhash_create(HashState.seed) else { fatalError("no memory for a digest") }
            cxxhash_copy(state, other.state)
            self.state = state
        }

        deinit { cxxhash_free(state) }
    }

    private static let seed = UInt64.random(in: .min ... .max)

    private var storage = Storage()

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
        cxxhash_update(storage.state, bytes.baseAddress, bytes.count)
    }

    /// Begins anew, in the memory that is there.
    mutating func reset() {
        guard isKnownUniquelyReferenced(&storage) else {
            storage = Storage()
            return
        }
        cxxhash_reset(storage.state, Self.seed)
    }

    /// Of all bytes since the beginning.
    var digest: Digest128 {
        let digest = cxxhash_digest_of(storage.state)
        return Digest128(high: digest.high, low: digest.low)
    }
}
