import MigrationCore
import Testing

@Suite struct ServerProductTests {
    @Test(arguments: [
        ("redis_version:7.0.15", "Redis 7.0.15"),
        ("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2", "Valkey 9.1.2"),
        ("redis_version:7.0.0\r\nferrite_version:0.1.0", "Ferrite 0.1.0"),
        ("redis_mode:standalone", "Redis of an unknown version"),
    ])
    func aServerIsCalledWhatItIs(info: String, words: String) {
        #expect("\(ServerProduct(ServerInfo("# Server\r\n\(info)\r\n")))" == words)
    }
}
