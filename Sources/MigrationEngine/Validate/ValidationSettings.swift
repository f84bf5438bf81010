import MigrationCore
import NIOCore

/// How thoroughly the servers are looked at.
package struct ValidationSettings: Sendable {
    /// How long a server may be silent.
    package var timeout: TimeAmount
    /// Keys of the tenant that are measured, in each database.
    package var sampleSize: Int
    /// Checks that were switched off in the settings (`verify_capacity = false`): they are `unknown`.
    package var skipped: Set<ValidationCheck.Name>
    /// Where the tenant was moved before, as the journal has it.
    package var earlierMoves: [EarlierMove]

    package init(
        timeout: TimeAmount = .seconds(5),
        sampleSize: Int = 200,
        skipped: Set<ValidationCheck.Name> = [],
        earlierMoves: [EarlierMove] = []
    ) {
        self.timeout = timeout
        self.sampleSize = sampleSize
        self.skipped = skipped
        self.earlierMoves = earlierMoves
    }
}
