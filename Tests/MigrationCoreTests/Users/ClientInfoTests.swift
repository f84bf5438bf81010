import RESP
import Testing

@testable import MigrationCore

@Suite struct ClientInfoTests {
    static let line =
        "id=7 addr=10.0.0.9:4711 laddr=10.0.0.1:6379 fd=8 name= age=3 idle=0 flags=b db=0 sub=0 cmd=blpop user=app"

    @Test func readsALineOfTheServer() throws {
        let client = try #require(ClientInfo(line: Self.line))
        #expect(client.id == 7 && client.user == "app" && client.waitsToWrite && !client.onlyReads)
        #expect(client.summary == "10.0.0.9:4711 (user app, blpop)")
    }

    @Test(arguments: ["", "addr=10.0.0.9:1", "id=x addr=1", "id= addr=1"])
    func aLineWithoutAnIDIsNone(line: String) {
        #expect(ClientInfo(line: line) == nil)
    }

    @Test func aListIsReadLineByLine() {
        let list = ClientInfo.list("\(Self.line)\r\nbroken\nid=8 flags=S cmd=psync\n\n")
        #expect(list.map(\.id) == [7, 8])
        #expect(list[1].isReplica && list[1].onlyReads && list[1].address == "?" && list[1].user == "default")
    }

    @Test(arguments: [
        ("b", "blpop", true), ("b", "xreadgroup", true), ("b", "WAIT", false), ("b", "xread", false),
        ("N", "blpop", false),
    ])
    func waitersThatWouldWrite(flags: String, command: String, waits: Bool) throws {
        #expect(try #require(ClientInfo(line: "id=1 flags=\(flags) cmd=\(command)")).waitsToWrite == waits)
    }

    @Test(arguments: [
        ("get", true), ("client|list", true), ("GET", true), ("", true), ("set", false), ("eval", false),
        ("hset", false), ("getdel", false),
    ])
    func commandsThatOnlyRead(command: String, reads: Bool) throws {
        #expect(try #require(ClientInfo(line: "id=1 cmd=\(command)")).onlyReads == reads)
    }
}
