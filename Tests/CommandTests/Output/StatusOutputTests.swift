import FoundationEssentials
import MigrationCore
import Testing

@testable import ferrite_migrate

@Suite struct StatusOutputTests {
    static func sample() throws -> MigrationStatus {
        let plan = try MigrationPlan(
            id: "mig_abc123",
            scope: TenantScope(tenant: "acme-corp"),
            source: ServerPlan(address: ServerAddress(host: "source-cluster")),
            target: ServerPlan(address: ServerAddress(host: "target-cluster")),
            transfer: TransferOptions()
        )
        var status = MigrationStatus(plan: plan, phase: .liveSync, at: Date(timeIntervalSince1970: 1_705_314_600))
        status.progress = 95.25
        status.keysSynced = 950_000
        status.keysTotal = 1_000_000
        status.lagKeys = 50
        status.lagBytes = 10240
        status.estimatedCompletion = Date(timeIntervalSince1970: 1_705_314_900)
        return status
    }

    private func render(_ format: OutputFormat, _ fields: [OutputField]) -> String {
        Renderer(format: format, style: .plain).report(fields)
    }

    @Test func rawIsTheSeedsLines() throws {
        #expect(
            render(.raw, try Self.sample().fields) == """
                migration_id: mig_abc123
                tenant: acme-corp
                source: source-cluster:6379
                target: target-cluster:6379
                phase: live_sync
                progress: 95%
                keys_synced: 950000
                keys_total: 1000000
                lag_keys: 50
                lag_bytes: 10240
                estimated_completion: 2024-01-15T10:35:00Z

                """
        )
    }

    @Test func aTotalThatNobodyHasCountedIsAbsent() throws {
        var status = try Self.sample()
        (status.keysSynced, status.keysTotal, status.progress) = (0, 0, 0)
        #expect(!render(.raw, status.fields).contains("keys_total"))
        status.progress = 100
        #expect(render(.raw, status.fields).contains("keys_total: 0\n"))
    }

    @Test func unknownValuesAreAbsent() throws {
        var status = try Self.sample()
        status.lagBytes = nil
        status.estimatedCompletion = nil
        for format in OutputFormat.allCases {
            let text = render(format, status.fields)
            #expect(!text.contains("lag_bytes") && !text.contains("lag bytes"))
            #expect(!text.contains("estimated"))
        }
    }

    @Test func jsonIsOneObjectWithNumbers() throws {
        #expect(
            render(.json, try Self.sample().fields) == """
                {"migration_id":"mig_abc123","tenant":"acme-corp","source":"source-cluster:6379",\
                "target":"target-cluster:6379","mode":"live","phase":"live_sync","progress":95.25,\
                "keys_synced":950000,"keys_total":1000000,"lag_keys":50,"lag_bytes":10240,\
                "estimated_completion":"2024-01-15T10:35:00Z","started_at":"2024-01-15T10:30:00Z",\
                "updated_at":"2024-01-15T10:30:00Z","parallel":4,"batch_size":1000,"writable":"source"}

                """
        )
    }

    /// People see what slows a migration down, and programs all of it.
    @Test func limitsAreShownWhereThereAreAny() throws {
        var status = try Self.sample()
        #expect(!render(.raw, status.fields).contains("max_") && !render(.raw, status.fields).contains("parallel"))
        status.show(try TransferOptions(parallel: 8, maxKeysPerSecond: 1500, maxBytesPerSecond: 10_485_760))
        #expect(render(.raw, status.fields).hasSuffix("max_rate_keys: 1500\nmax_bandwidth_bytes: 10485760\n"))
        #expect(render(.pretty, status.fields).contains("max rate keys         1,500"))
        let json = render(.json, status.fields)
        #expect(json.contains(#""parallel":8,"batch_size":1000,"max_rate_keys":1500,"max_bandwidth_bytes":10485760"#))
    }

    /// Said to people from the cutover on, and whenever there is something to wonder about.
    @Test func theWritableSideIsNamed() throws {
        var status = try Self.sample()
        func line() -> String? {
            render(.raw, status.fields).split(separator: "\n").map(String.init).first { $0.hasPrefix("writable") }
        }
        #expect(line() == nil)
        status.note = "the disk is full"
        #expect(line() == "writable: source")
        (status.note, status.phase) = (nil, .cutover)
        #expect(line() == "writable: source")
        status.writesRefusedSince = status.startedAt
        #expect(line() == "writable: neither")
        (status.phase, status.fenceUpAt) = (.liveSync, "a:1")
        #expect(line() == "writable: unknown")
        status.downtimeMilliseconds = 1.5
        #expect(line() == "writable: target")
        (status.phase, status.fenceUpAt, status.downtimeMilliseconds) = (.cleanup, nil, nil)
        #expect(line() == "writable: target")
        (status.phase, status.writesRefusedSince) = (.cancelled, nil)
        #expect(line() == "writable: source")
    }

    @Test func prettyIsAligned() throws {
        #expect(
            render(.pretty, try Self.sample().fields) == """
                migration id          mig_abc123
                tenant                acme-corp
                source                source-cluster:6379
                target                target-cluster:6379
                phase                 live_sync
                progress              95% ███████████████████░
                keys synced           950,000
                keys total            1,000,000
                lag keys              50
                lag bytes             10,240
                estimated completion  2024-01-15T10:35:00Z

                """
        )
    }

    @Test func colourIsOnlyWhereItIsWanted() throws {
        let fields = try Self.sample().fields
        let coloured = Renderer(format: .pretty, style: TextStyle(isColoured: true)).report(fields)
        #expect(coloured.contains("\u{1B}[36mlive_sync\u{1B}[0m"))
        #expect(!render(.pretty, fields).contains("\u{1B}"))
        #expect(TextStyle(isTerminal: true, environment: Environment([:])).isColoured)
        #expect(!TextStyle(isTerminal: false, environment: Environment([:])).isColoured)
        #expect(!TextStyle(isTerminal: true, environment: Environment(["NO_COLOR": "1"])).isColoured)
        #expect(TextStyle(isTerminal: true, environment: Environment(["NO_COLOR": ""])).isColoured)
        #expect(!TextStyle(isTerminal: true, environment: Environment(["TERM": "dumb"])).isColoured)
        let without = Environment(["NO_COLOR": "1", "TERM": "dumb"])
        #expect(TextStyle(.always, isTerminal: false, environment: without).isColoured)
        #expect(!TextStyle(.never, isTerminal: true, environment: Environment([:])).isColoured)
    }

    @Test func aListIsALineARowOrAnElementEach() throws {
        let status = try Self.sample()
        let rows = [status.shortFields, status.shortFields]
        #expect(
            Renderer(format: .raw, style: .plain).list([status.shortFields]) == """
                migration_id: mig_abc123, tenant: acme-corp, source: source-cluster:6379, \
                target: target-cluster:6379, phase: live_sync, progress: 95%, keys_synced: 950000, lag_keys: 50

                """
        )
        let table = Renderer(format: .pretty, style: .plain).list(rows).split(separator: "\n")
        #expect(table.count == 3)
        #expect(table.first?.hasPrefix("migration id  tenant") == true)
        #expect(Renderer(format: .json, style: .plain).list([]) == "[]\n")
        #expect(Renderer(format: .json, style: .plain).list(rows).hasPrefix("[{\"migration_id\":\"mig_abc123\""))
    }

    @Test func aTableFitsItsTerminal() throws {
        var status = try Self.sample()
        status.note = String(repeating: "a long reason, ", count: 20)
        let rows = [status.shortFields]
        func lines(_ columns: Int?) -> [Substring] {
            Renderer(format: .pretty, style: .plain, columns: { columns }).list(rows).split(separator: "\n")
        }
        #expect(lines(nil)[1].count > 300)
        for columns in [200, 160, 120, 115] {
            for line in lines(columns) { #expect(line.count == columns, "\(line)") }
            #expect(lines(columns)[1].hasSuffix("…"))
            #expect(lines(columns)[1].contains("mig_abc123  "))
        }
        #expect(lines(150)[1].contains("source-cluster:6379  target-cluster:6379"))
        #expect(lines(110)[1].contains("source-clust…"), "\(lines(110))")
        #expect(lines(20)[1].contains("mig_abc123"), "what cannot be cut is whole")
        // Which migration, its phase and its lag stay, whatever else has to go.
        #expect(lines(80)[0].contains("progress") && !lines(80)[0].contains("source"), "\(lines(80))")
        #expect(
            lines(40)[0].split(separator: "  ").map { $0.drop { $0 == " " } } == ["migration id", "phase", "lag keys"]
        )
        for columns in [100, 80, 60, 40] {
            for line in lines(columns) { #expect(line.count <= columns, "\(line)") }
            #expect(lines(columns)[1].contains("live_sync") && lines(columns)[0].contains("lag keys"))
        }
    }

    @Test func anErrorAndANoteStandAtTheEnd() throws {
        var status = try Self.sample()
        status.error = MigrationFailure(.unreachable, "Target cluster\nunreachable")
        status.note = "cutover refused"
        let lines = render(.raw, status.fields).split(separator: "\n").suffix(2)
        #expect(Array(lines) == ["error: Target cluster\\nunreachable", "note: cutover refused"])
        #expect(
            render(.json, status.fields).contains(#""error":"Target cluster\nunreachable","error_kind":"unreachable""#)
        )
    }
}
