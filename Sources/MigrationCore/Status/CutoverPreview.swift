/// What a cutover would do now: the answer of `cutover --plan`.
package struct CutoverPreview: Equatable, Sendable {
    /// A command that changes a server, as it would be sent; without what is secret in it.
    package struct Command: Equatable, Sendable {
        package var side: ServerSetting.Side
        package var text: String

        package init(_ side: ServerSetting.Side, _ text: String) {
            self.side = side
            self.text = text
        }
    }

    package struct Step: Equatable, Sendable {
        package var code: String
        /// For people, what is done where.
        package var does: String
        package var commands: [Command]

        package init(_ code: String, _ does: String, commands: [Command] = []) {
            self.code = code
            self.does = does
            self.commands = commands
        }
    }

    package struct User: Equatable, Sendable {
        package var name: String
        /// Key patterns that can be read only, and commands that are refused.
        package var loses: [String]

        package init(name: String, loses: [String]) {
            self.name = name
            self.loses = loses
        }
    }

    package struct Connection: Equatable, Sendable {
        package enum Effect: String, Sendable {
            /// It waits in a blocking command and is told that its time is over.
            case unblocked
            /// Its writes of the tenant's keys are refused until it is at the target.
            case refused = "writes_refused"
            /// It is the tool's own, of a cutover that broke off.
            case closed
        }

        package var address: String
        package var user: String
        package var command: String
        package var effect: Effect

        package init(_ client: ClientInfo, _ effect: Effect) {
            address = client.address
            user = client.user
            command = client.command
            self.effect = effect
        }
    }

    package var options: CutoverOptions
    package var steps: [Step] = []
    package var fencedUsers: [User] = []
    /// Users that become writable at the target.
    package var switchedUsers: [String] = []
    package var connections: [Connection] = []
    package var warnings: [String] = []
    /// Why it would be refused now; nil where it would begin.
    package var refusal: MigrationFailure?
    package var prediction: PausePrediction?

    package init(options: CutoverOptions) {
        self.options = options
    }
}

/// How long the tenant could not write, and from what that is computed.
package struct PausePrediction: Equatable, Sendable {
    package var lagKeys: Int
    package var lagBytes: Int?
    /// As measured in the first copy; nil where there was nothing to measure.
    package var keysPerSecond: Double?
    /// Milliseconds.
    package var sourceRoundTrip: Double
    package var targetRoundTrip: Double
    /// How often each server is asked and waited for.
    package var sourceRoundTrips: Int
    package var targetRoundTrips: Int

    package init(
        lagKeys: Int,
        lagBytes: Int?,
        keysPerSecond: Double?,
        roundTrip: (source: Double, target: Double),
        roundTrips: (source: Int, target: Int)
    ) {
        self.lagKeys = lagKeys
        self.lagBytes = lagBytes
        self.keysPerSecond = keysPerSecond
        (sourceRoundTrip, targetRoundTrip) = roundTrip
        (sourceRoundTrips, targetRoundTrips) = roundTrips
    }

    package var milliseconds: Double {
        let asking = Double(sourceRoundTrips) * sourceRoundTrip + Double(targetRoundTrips) * targetRoundTrip
        return asking + Double(lagKeys) / max(keysPerSecond ?? 1, 1) * 1000
    }
}
