import Foundation
import Testing

@testable import MigrationCore

@Suite struct TransferUpdateTests {
    @Test func onlyWhatIsGivenChanges() throws {
        var options = try TransferOptions(parallel: 3, batchSize: 7, maxKeysPerSecond: 10, maxBytesPerSecond: 20)
        options.apply(try TransferUpdate())
        let before = try TransferOptions(parallel: 3, batchSize: 7, maxKeysPerSecond: 10, maxBytesPerSecond: 20)
        #expect(options == before)
        options.apply(try TransferUpdate(parallel: 8, maxKeysPerSecond: 0))
        #expect(options == (try TransferOptions(parallel: 8, batchSize: 7, maxBytesPerSecond: 20)))
        options.apply(try TransferUpdate(batchSize: 9, maxKeysPerSecond: 5, maxBytesPerSecond: 0))
        #expect(options == (try TransferOptions(parallel: 8, batchSize: 9, maxKeysPerSecond: 5)))
    }

    @Test func outOfRange() {
        func refusal(_ make: () throws(PlanError) -> TransferUpdate) -> String? {
            #expect(throws: PlanError.self) { try make() }?.message
        }
        let few = refusal { () throws(PlanError) in try .init(parallel: 0) }
        #expect(few == "parallel cannot be 0: allowed is 1 to 64")
        let many = refusal { () throws(PlanError) in try .init(parallel: 65) }
        #expect(many?.hasPrefix("parallel cannot be 65") == true)
        let batch = refusal { () throws(PlanError) in try .init(batchSize: 0) }
        #expect(batch?.hasPrefix("batch-size cannot be 0") == true)
        let rate = refusal { () throws(PlanError) in try .init(maxKeysPerSecond: -1) }
        #expect(rate == "max-rate cannot be -1: allowed is 0 to 10000000")
        let bandwidth = refusal { () throws(PlanError) in try .init(maxBytesPerSecond: -1) }
        #expect(bandwidth?.hasPrefix("max-bandwidth cannot be -1") == true)
    }

    /// A plan of a version that knew no limits.
    @Test func aPlanWithoutLimits() throws {
        let text = """
            {"parallel":4,"batch_size":10,"timeout_s":60,"dirty_bytes":1000000,"big_value_bytes":1000000}
            """
        let options = try MigrationJSON.decoder().decode(TransferOptions.self, from: Data(text.utf8))
        #expect(options.maxKeysPerSecond == nil && options.maxBytesPerSecond == nil && options.batchSize == 10)
    }

    @Test func whatIsWrittenIsShortAndReadAgain() throws {
        let update = try TransferUpdate(parallel: 8, maxBytesPerSecond: 0)
        let data = try MigrationJSON.encoder().encode(MigrationEvent.updated(update))
        #expect(
            String(decoding: data, as: UTF8.self) == #"{"updated":{"update":{"max_bandwidth_bytes":0,"parallel":8}}}"#
        )
        #expect(try MigrationJSON.decoder().decode(MigrationEvent.self, from: data) == .updated(update))
    }
}
