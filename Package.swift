// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// Where the bytes are moved. The tests copy and compare millions of keys: built for debugging they would wait for the
/// machine and not for the servers. Assertions stay. Only `make test` asks for it, because a package with such flags can
/// be no other's dependency.
let optimized: [SwiftSetting] = [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]
let fast = strict + (Context.environment["FERRITE_OPTIMIZE_TESTS"] == nil ? [] : optimized)

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "ferrite-migrate",
    products: [
        .executable(name: "ferrite-migrate", targets: ["ferrite-migrate"]),
        .library(name: "FerriteMigration", targets: ["FerriteMigration"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // Pure: no sockets, files, clocks or tasks.
        .target(name: "RESP", swiftSettings: fast),
        .target(name: "MigrationCore", dependencies: ["RESP"], swiftSettings: fast),

        // The outside world.
        .target(name: "CSys"),
        // Headers only, Debian's libxxhash-dev: nothing is linked.
        .target(name: "CXXHash"),
        // Without pkg-config, whose flags for readline the package manager warns of and leaves out.
        .systemLibrary(name: "CReadline", providers: [.apt(["libreadline-dev"])]),
        .target(name: "RedisClient", dependencies: ["RESP", nioCore, nioPosix, nioSSL, nioTLS], swiftSettings: fast),
        .target(
            name: "MigrationEngine",
            dependencies: [
                "RESP", "MigrationCore", "RedisClient", "CSys", "CXXHash", nioCore, nioPosix, logging,
            ],
            swiftSettings: fast
        ),
        .target(
            name: "ControlPlane",
            dependencies: ["MigrationCore", nioCore, nioPosix, nioHTTP],
            swiftSettings: strict
        ),
        .target(
            name: "FerriteMigration",
            dependencies: ["MigrationCore", "MigrationEngine", "RESP", logging, nioPosix],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ferrite-migrate",
            dependencies: [
                "MigrationCore", "MigrationEngine", "ControlPlane", "RedisClient", "CSys", "CReadline",
                argumentParser, logging,
                .product(name: "TOMLKit", package: "TOMLKit"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),

        // Real servers, a workload that never repeats itself and a comparison of every key:
        // shared by the tests, the demo and the benchmark.
        .target(name: "MigrationTestSupport", dependencies: ["CSys"], swiftSettings: fast),
        .executableTarget(
            name: "ferrite-demo",
            dependencies: ["MigrationTestSupport"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ferrite-bench",
            dependencies: ["MigrationTestSupport"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ferrite-fault",
            dependencies: ["MigrationTestSupport"],
            swiftSettings: strict
        ),

        .testTarget(name: "RESPTests", dependencies: ["RESP", "MigrationTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "MigrationCoreTests",
            dependencies: ["MigrationCore", "RESP", "MigrationTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MigrationEngineTests",
            dependencies: [
                "MigrationEngine", "MigrationCore", "RedisClient", "RESP", "ControlPlane", "MigrationTestSupport",
                nioCore,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "ferrite-migrate", "MigrationCore", "MigrationEngine", "RedisClient", "RESP", "MigrationTestSupport",
                argumentParser,
            ],
            swiftSettings: strict
        ),
        // Every suite here starts its own redis-servers.
        .testTarget(
            name: "LiveTests",
            dependencies: [
                "MigrationEngine", "MigrationCore", "RedisClient", "RESP", "FerriteMigration",
                "MigrationTestSupport", "ferrite-migrate", nioCore, nioPosix,
            ],
            swiftSettings: strict
        ),
    ]
)
