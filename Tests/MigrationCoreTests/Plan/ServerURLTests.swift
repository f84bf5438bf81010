import RESP
import Testing

@testable import MigrationCore

@Suite struct ServerURLTests {
    @Test(arguments: [
        ("db.example", ServerAddress(host: "db.example")),
        ("db.example:7000", ServerAddress(host: "db.example", port: 7000)),
        ("redis://db.example", ServerAddress(host: "db.example")),
        ("REDIS://db.example:1", ServerAddress(host: "db.example", port: 1)),
        ("ferrite://db.example:65535/3", ServerAddress(host: "db.example", port: 65535, database: 3)),
        ("tcp://10.0.0.1:6380/", ServerAddress(host: "10.0.0.1", port: 6380)),
        ("[::1]", ServerAddress(host: "::1")),
        ("[fe80::1%eth0]:7000/15", ServerAddress(host: "fe80::1%eth0", port: 7000, database: 15)),
        ("redis://app@db:1", ServerAddress(host: "db", port: 1, username: "app")),
        ("redis://app@[::1]:1", ServerAddress(host: "::1", port: 1, username: "app")),
    ])
    func readsAnAddress(text: String, address: ServerAddress) throws {
        let url = try ServerURL(text)
        #expect(url.address == address)
        #expect(url.password == nil)
    }

    @Test(arguments: [
        ("redis://app:secret@db", String?("app"), String?("secret")),
        ("redis://:secret@db", nil, "secret"),
        ("redis://app:@db", "app", ""),
        ("app:secret@db:1", "app", "secret"),
        ("redis://app:p@ss/w:rd@db", "app", "p@ss/w:rd"),
        ("redis://a%40b:p%3a%2F%25@db", "a@b", "p:/%"),
        ("redis://app:%c3%a4@db", "app", "ä"),
    ])
    func readsALogin(text: String, user: String?, password: String?) throws {
        let url = try ServerURL(text)
        #expect(url.address.username == user)
        #expect(url.password == password)
        #expect(url.address.host == "db")
    }

    @Test(arguments: [
        "", ":", ":6379", "redis://", "redis:///0", "redis://app:secret@", "db:", "db:0", "db:65536", "db:x", "db:-1",
        "db/x", "db/-1", "db/0/1", "db/99999999999", "d b", "::1", "fe80::1:6379", "[::1", "[::1]x", "[]:1", "[::1]:",
        "http://db", "unix:///tmp/redis.sock",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        let error = #expect(throws: PlanError.self) { try ServerURL(text) }
        guard case .invalidAddress = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        ("rediss://app:secret@db:6379", true), ("redis://db", false), ("ferrite://db", false), ("db", nil),
    ])
    func theSchemeSaysWhetherItIsEncrypted(text: String, isEncrypted: Bool?) throws {
        let url = try ServerURL(text)
        #expect(url.isEncrypted == isEncrypted)
        #expect(url.address.host == "db" && url.address.port == 6379)
    }

    @Test func severalAddressesAreAllEncryptedOrNone() throws {
        let urls = try ServerURL.list("rediss://a:1, b:2,rediss://c")
        #expect(urls.map(\.address.description) == ["a:1", "b:2", "c:6379"] && urls[0].isEncrypted == true)
        #expect(try ServerURL.list("a,redis://b").count == 2)
        for text in ["rediss://a,redis://b", "a,rediss://b", "redis://a,b,rediss://c"] {
            #expect(throws: PlanError.self) { try ServerURL.list(text) }
        }
    }

    @Test(arguments: [
        "redis://app:s3cret@", "redis://app:s3cret@db:x", "redis://app:s3cret@db/x", "redis://app:s3cret@:1",
        "http://app:s3cret@db", "redis://app:s3cret%zz@db", "redis://app:s3cret%ff@db", "redis://app:s3cret@::1",
        "redis://app:s3cret@[::1", "redis://app:s3cret@@", "redis://app:s3cret%@db", "redis://app:s3cret%+1@db",
        "rediss://app:s3cret@db:x",
    ])
    func noErrorTellsAPassword(text: String) {
        let error = #expect(throws: PlanError.self) { try ServerURL(text) }
        #expect(error.map { !"\($0)".contains("s3cret") } == true)
    }

    @Test(arguments: [
        (ServerAddress(host: "db"), "db:6379"), (ServerAddress(host: "::1", port: 1), "[::1]:1"),
        (ServerAddress(host: "db", port: 7, username: "app", database: 3), "db:7"),
    ])
    func isShownAsHostAndPort(address: ServerAddress, text: String) {
        #expect(address.description == text)
    }

    @Test(arguments: [SecretReference.environment("A_B"), .file("/etc/x:y"), .url])
    func aSecretsPlaceIsReadBack(secret: SecretReference) {
        #expect(SecretReference(secret.description) == secret)
    }

    @Test(arguments: ["", "secret", "ENV:A", "urls"])
    func noOtherTextIsASecretsPlace(text: String) {
        #expect(SecretReference(text) == nil)
    }
}
