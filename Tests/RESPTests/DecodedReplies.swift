import MigrationTestSupport
import RESP

/// What a decoder makes of bytes that come in pieces: the replies up to the first error, and that error.
struct DecodedReplies: Equatable {
    var values: [RESPValue] = []
    var error: RESPError?

    init(_ pieces: [[UInt8]]) {
        var decoder = RESPDecoder()
        do throws(RESPError) {
            for piece in pieces {
                decoder.append(piece)
                while let value = try decoder.next() { values.append(value) }
            }
        } catch {
            self.error = error
        }
    }

    init(_ text: String) {
        self.init([Array(text.utf8)])
    }
}
