import MigrationCore
import NIOCore
import RESP
import RedisClient
import Testing

@testable import MigrationEngine

@Suite struct KeyPageTests {
    private func page(_ reply: String, tenant: String = "acme") throws -> KeyPage {
        try KeyPage(scanReply: ByteBuffer(string: reply), scope: TenantScope(tenant: tenant), server: "a:1")
    }

    private func reply(_ keys: [String], cursor: String = "17") -> String {
        let bulks = ([cursor] + keys).map { "$\($0.utf8.count)\r\n\($0)\r\n" }
        return "*2\r\n" + bulks[0] + "*\(keys.count)\r\n" + bulks.dropFirst().joined()
    }

    @Test func keepsTheTenantsKeysAlone() throws {
        let keys = ["__tenant:acme:a", "__tenant:acme-corp:a", "x", "", "__tenant:acme:", "__tenant:acme"]
        let page = try page(reply(keys))
        #expect(page.cursor == 17)
        #expect(page.keys == ["__tenant:acme:a", "__tenant:acme:"])
        var bulks: [String] = []
        page.forEach(database: 3) { hash, bulk in
            bulks.append(String(decoding: bulk, as: UTF8.self))
            let key = Array(bulk.split(separator: 0x0A)[1].dropLast())
            #expect(hash == key.withUnsafeBytes { KeyHash(database: 3, key: $0) })
        }
        #expect(bulks == ["$15\r\n__tenant:acme:a\r\n", "$14\r\n__tenant:acme:\r\n"])
    }

    @Test func cursorsAre64BitsWide() throws {
        #expect(try page(reply([], cursor: "18446744073709551615")).cursor == .max)
        #expect(try cursor(reply([], cursor: "18446744073709551615")) == .max)
        #expect(try page(reply([], cursor: "0")).count == 0)
    }

    private func cursor(_ reply: String) throws -> UInt64 {
        try KeyPage.cursor(of: ByteBuffer(string: reply), server: "a:1")
    }

    @Test(arguments: ["NOPERM no", ""])
    func anErrorIsTheServersOwn(line: String) {
        let error = #expect(throws: RedisClientError.self) { try cursor("-\(line)\r\n") }
        #expect(error == .refused(server: "a:1", command: "SCAN", reply: line))
    }

    @Test(arguments: [
        "+OK\r\n", "*0\r\n", "*2\r\n:0\r\n*0\r\n", "*2\r\n$1\r\nx\r\n*0\r\n", "*2\r\n$-1\r\n*0\r\n",
        "*2\r\n$1\r\n0\r\n*-1\r\n", "*2\r\n$1\r\n0\r\n+OK\r\n", "*2\r\n$1\r\n0\r\n*1\r\n$-1\r\n",
        "*2\r\n$1\r\n0\r\n*1\r\n:1\r\n", "*2\r\n$20\r\n99999999999999999999\r\n*0\r\n",
    ])
    func anythingElseIsUnexpected(reply: String) {
        #expect(throws: RedisClientError.unexpectedReply(server: "a:1", command: "SCAN")) {
            _ = try cursor(reply)
            _ = try page(reply)
        }
    }
}
