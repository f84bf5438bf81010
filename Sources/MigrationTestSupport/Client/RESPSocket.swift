import Glibc

/// What went wrong between this client and the server.
package enum RESPSocketError: Error, Equatable {
    /// The connection could not be made; the value is an `errno`.
    case unreachable(Int32)
    case timeout
    case closed
    case malformed(String)
    /// The server answered with this error.
    case server(String)
}

/// A server and how to log in to it.
package struct Endpoint: Hashable, Sendable {
    package var host: String
    package var port: Int
    package var user: String?
    package var password: String?
    /// Only in `url`: `RESPSocket` speaks no TLS.
    package var isEncrypted = false

    package init(host: String = "127.0.0.1", port: Int, user: String? = nil, password: String? = nil) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
    }

    package var address: String { "\(host):\(port)" }
}

/// A small blocking client. It shares nothing with the product's own codec, so that a fault of the one
/// cannot hide in the other. Use from one thread at a time.
package final class RESPSocket {
    package let endpoint: Endpoint
    private let descriptor: Int32
    private var buffer: Bytes
    private var start = 0
    private var end = 0

    /// Connects and logs in. `timeout` is in seconds and holds for each wait on the socket.
    package init(_ endpoint: Endpoint, database: Int = 0, resp3: Bool = false, timeout: Double = 30) throws {
        self.endpoint = endpoint
        buffer = Bytes(repeating: 0, count: 1 << 16)
        descriptor = try TCPConnection.open(endpoint, timeout: timeout)
        // From here on a thrown error runs `deinit`, which closes the descriptor.
        if let password = endpoint.password {
            try call("AUTH", endpoint.user ?? "default", password)
        }
        if resp3 { try call("HELLO", "3") }
        if database != 0 { try call("SELECT", database) }
    }

    package convenience init(port: Int, timeout: Double = 30) throws {
        try self.init(Endpoint(port: port), timeout: timeout)
    }

    deinit { Glibc.close(descriptor) }

    /// Sends one command and returns its answer; an error answer is thrown as `.server`.
    @discardableResult
    package func call(_ arguments: any RESPArgument...) throws -> Reply {
        try call(arguments.map(\.argumentBytes))
    }

    @discardableResult
    package func call(_ arguments: [Bytes]) throws -> Reply {
        let reply = try answer(arguments)
        if case .error(let text) = reply { throw RESPSocketError.server(text) }
        return reply
    }

    /// Sends one command and returns its answer, error answers included.
    package func answer(_ arguments: [Bytes]) throws -> Reply {
        var request = RequestBuffer()
        request.append(arguments)
        try send(request.bytes)
        return try receive()
    }

    package func answer(_ arguments: any RESPArgument...) throws -> Reply {
        try answer(arguments.map(\.argumentBytes))
    }

    /// Sends all commands at once and returns as many answers, error answers included.
    package func pipeline(_ request: RequestBuffer) throws -> [Reply] {
        try send(request.bytes)
        var replies: [Reply] = []
        replies.reserveCapacity(request.count)
        for _ in 0..<request.count { replies.append(try receive()) }
        return replies
    }

    /// Like `pipeline`, for commands whose answers do not matter unless they are errors: the first is thrown.
    package func perform(_ request: RequestBuffer) throws {
        for reply in try pipeline(request) {
            if case .error(let text) = reply { throw RESPSocketError.server(text) }
        }
    }

    /// Sends bytes as they are.
    package func send(_ bytes: Bytes) throws {
        try bytes.withUnsafeBytes { try send($0) }
    }

    package func send(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let region = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.send(descriptor, region.baseAddress, region.count, Int32(MSG_NOSIGNAL))
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.lostConnection(errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// The next answer.
    package func receive() throws -> Reply {
        let line = try readLine()
        guard let kind = line.first else { throw RESPSocketError.malformed("an empty line") }
        let rest = line.dropFirst()
        switch kind {
        case UInt8(ascii: "+"): return .simple(Bytes(rest))
        case UInt8(ascii: "-"), UInt8(ascii: "!"): return .error(try errorText(kind, rest))
        case UInt8(ascii: ":"): return .integer(try number(rest))
        case UInt8(ascii: "_"): return .null
        case UInt8(ascii: "#"): return .boolean(rest.first == UInt8(ascii: "t"))
        case UInt8(ascii: ","), UInt8(ascii: "("): return try double(rest)
        case UInt8(ascii: "$"), UInt8(ascii: "="): return try bulk(length: number(rest))
        case UInt8(ascii: "*"), UInt8(ascii: "~"): return try elements(number(rest)).map(Reply.array) ?? .null
        case UInt8(ascii: "%"): return try elements(2 * number(rest)).map(Reply.array) ?? .null
        case UInt8(ascii: ">"): return try elements(number(rest)).map(Reply.push) ?? .null
        default: throw RESPSocketError.malformed(Bytes(line).printable)
        }
    }

    /// Reads `count` answers and throws them away without building values; returns how many of the outermost
    /// ones were errors.
    @discardableResult
    package func discard(_ count: Int) throws -> Int {
        var errors = 0
        for _ in 0..<count where try discardOne() { errors += 1 }
        return errors
    }

    /// Reads and throws away everything up to `mark`, which must end what the server has to say.
    package func drain(until mark: Bytes) throws {
        var tail = Bytes(buffer[start..<end].suffix(mark.count))
        start = 0
        end = 0
        while !tail.elementsEqual(mark) {
            let received = try Self.checked(
                buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress!, $0.count, 0) }
            )
            tail = Bytes((tail + buffer[..<received].suffix(mark.count)).suffix(mark.count))
        }
    }

    // MARK: Reading

    private func elements(_ count: Int) throws -> [Reply]? {
        guard count >= 0 else { return nil }
        var elements: [Reply] = []
        elements.reserveCapacity(min(count, 1 << 16))
        for _ in 0..<count { elements.append(try receive()) }
        return elements
    }

    private func bulk(length: Int) throws -> Reply {
        guard length >= 0 else { return .null }
        let bytes = try read(length)
        try skip(2)
        return .bulk(bytes)
    }

    private func errorText(_ kind: UInt8, _ rest: ArraySlice<UInt8>) throws -> String {
        guard kind == UInt8(ascii: "!") else { return String(decoding: rest, as: UTF8.self) }
        return try bulk(length: number(rest)).text ?? ""
    }

    private func number(_ digits: ArraySlice<UInt8>) throws -> Int {
        let isNegative = digits.first == UInt8(ascii: "-")
        var number = 0
        for digit in isNegative ? digits.dropFirst() : digits {
            let (tenfold, over) = number.multipliedReportingOverflow(by: 10)
            // Counted downwards, so that the smallest number fits as well.
            let (sum, under) = tenfold.subtractingReportingOverflow(Int(digit) - 48)
            guard 48...57 ~= digit, !over, !under else {
                throw RESPSocketError.malformed("not a number: \(Bytes(digits).printable)")
            }
            number = sum
        }
        guard isNegative || number != .min else { throw RESPSocketError.malformed("too large a number") }
        return isNegative ? number : -number
    }

    private func double(_ digits: ArraySlice<UInt8>) throws -> Reply {
        guard let number = Double(String(decoding: digits, as: UTF8.self)) else {
            throw RESPSocketError.malformed("not a number: \(Bytes(digits).printable)")
        }
        return .double(number)
    }

    private func discardOne() throws -> Bool {
        let line = try readLine()
        guard let kind = line.first else { throw RESPSocketError.malformed("an empty line") }
        switch kind {
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            let length = try number(line.dropFirst())
            if length >= 0 { try skip(length + 2) }
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"):
            try discard(max(0, number(line.dropFirst())))
        case UInt8(ascii: "%"):
            try discard(max(0, 2 * number(line.dropFirst())))
        default: break
        }
        return kind == UInt8(ascii: "-") || kind == UInt8(ascii: "!")
    }

    /// A line without its end.
    private func readLine() throws -> ArraySlice<UInt8> {
        var searched = 0
        while true {
            let found: Int? = buffer.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress, end > start + searched else { return nil }
                let from = base + start + searched
                return memchr(from, Int32(UInt8(ascii: "\n")), end - start - searched).map {
                    UnsafeRawPointer($0) - base
                }
            }
            if let found {
                let line = buffer[start..<max(start, found - 1)]
                start = found + 1
                return line
            }
            searched = end - start
            try fill()
        }
    }

    private func read(_ count: Int) throws -> Bytes {
        let held = min(count, end - start)
        var bytes = Bytes(buffer[start..<(start + held)])
        start += held
        guard held < count else { return bytes }
        // A value larger than the buffer goes straight to its own memory.
        bytes.append(contentsOf: repeatElement(0, count: count - held))
        var filled = held
        while filled < count {
            let received = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + filled, count - filled, 0)
            }
            filled += try Self.checked(received)
        }
        return bytes
    }

    private func skip(_ count: Int) throws {
        var rest = count
        while rest > 0 {
            if start == end { try fill() }
            let step = min(rest, end - start)
            start += step
            rest -= step
        }
    }

    private func fill() throws {
        if start == end {
            start = 0
            end = 0
        } else if end == buffer.count, start > 0 {
            buffer.withUnsafeMutableBytes { _ = memmove($0.baseAddress!, $0.baseAddress! + start, end - start) }
            end -= start
            start = 0
        } else if end == buffer.count {
            buffer.append(contentsOf: repeatElement(0, count: buffer.count))
        }
        let received = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + end, $0.count - end, 0) }
        end += try Self.checked(received)
    }

    private static func checked(_ received: Int) throws -> Int {
        if received > 0 { return received }
        if received == 0 { throw RESPSocketError.closed }
        if errno == EINTR { return 0 }
        throw lostConnection(errno)
    }

    private static func lostConnection(_ code: Int32) -> RESPSocketError {
        code == EAGAIN || code == EWOULDBLOCK ? .timeout : .closed
    }
}
