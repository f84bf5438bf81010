import MigrationCore
import Testing

@Suite struct ServerInfoTests {
    private static let info = ServerInfo(
        """
        # Server\r
        redis_version:7.0.15\r
        executable:/usr/bin/a:b\r
        db_extra:keys=9,expires=0,avg_ttl=0\r
        # Keyspace\r
        db0:keys=12,expires=0,avg_ttl=0\r
        db15:keys=1,expires=1,avg_ttl=0,subexpiry=0\r
        db3:keys=4,expires=10,avg_ttl=7\r
        db2:keys=5,expires=0\r
        broken\r
        """
    )

    @Test func valuesAreReadByName() {
        #expect(Self.info["executable"] == "/usr/bin/a:b")
        #expect(Self.info["absent"] == nil)
        #expect(Self.info.integer("redis_version") == nil)
        #expect(ServerInfo("").databases.isEmpty)
    }

    @Test func databasesAreInOrder() {
        #expect(Self.info.databases.map(\.number) == [0, 2, 3, 15])
        #expect(Self.info.databases.map(\.keys) == [12, 5, 4, 1])
    }

    @Test func databasesWithoutExpiryAreThoseThatSaySo() {
        #expect(Self.info.databasesWithoutExpiry == [0, 2])
    }
}
