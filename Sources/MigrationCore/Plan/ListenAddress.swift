/// Where a worker listens: `ADDR:PORT`, with an IPv6 address in brackets. No address is the loopback, so that nothing is
/// open to a network by accident; port 0 is whichever is free.
package struct ListenAddress: Equatable, Sendable {
    package static let allowed = "an address and a port, such as 127.0.0.1:9121 or [::1]:9121, or none"

    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]),
            let host = Self.host(text[..<colon])
        else { return nil }
        self.host = host
        self.port = port
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else { return nil }
        return (0...65535).contains(number) ? number : nil
    }

    private static func host(_ text: Substring) -> String? {
        if text.isEmpty { return "127.0.0.1" }
        guard text.hasPrefix("["), text.hasSuffix("]") else { return isName(text, and: "-_.") ? String(text) : nil }
        let address = text.dropFirst().dropLast()
        return address.contains(":") && isName(address, and: ":.%-_") ? String(address) : nil
    }

    private static func isName(_ text: Substring, and others: String) -> Bool {
        !text.isEmpty && text.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || others.contains($0) }
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
